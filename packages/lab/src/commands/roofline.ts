import { analysisTarget, type TargetOptions } from '../analysis/target.js';
import { exitStatus } from '../command-line/exit-status.js';
import { parseContestants } from '../contestants.js';
import type { Problem } from '../problems/problem.js';
import { ProgressLine, type Terminal } from '../report/progress.js';
import { rooflineChart } from '../report/roofline/charts.js';
import { rooflineHtml } from '../report/roofline/html.js';
import { rooflineText } from '../report/roofline/text.js';
import { writeSvgs } from '../report/svg-files.js';
import { writePage } from '../report/write-page.js';
import { measureRoofline, type RooflineSettings } from '../roofline/measure.js';

export interface RooflineOptions {
  readonly target: TargetOptions;
  /** Optimizers whose steps are timed, separated by commas. */
  readonly optimizers?: string;
  readonly settings: RooflineSettings;
  readonly html?: string;
  /** Folder for the plot as an SVG file. */
  readonly svg?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/**
 * Times programs against the machine's peak: prints tables or JSON, writes the page where asked. Resolves to the exit status.
 * @throws UsageError for a target or optimizers that are not there or do not fit, and settings that make no sense.
 */
export async function roofline(options: RooflineOptions, problem?: Problem): Promise<number> {
  const { optimizers, settings, html, svg, stdout, stderr } = options;
  const contestants = optimizers === undefined ? [] : parseContestants(optimizers);
  const target = await analysisTarget(options.target, problem);
  const line = new ProgressLine(stderr);
  const result = await measureRoofline(target, contestants, settings, (text) => line.show(text), options.signal);
  line.clear();
  if (result === undefined) return exitStatus.interrupted;
  stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${rooflineText(result)}\n`);
  if (html !== undefined) await writePage(html, rooflineHtml(result), stderr);
  if (svg !== undefined) await writeSvgs(svg, { roofline: rooflineChart(result) }, stderr);
  return exitStatus.done;
}

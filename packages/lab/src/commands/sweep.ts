import { exitStatus } from '../command-line/exit-status.js';
import { ProgressLine, type Terminal } from '../report/progress.js';
import { writeSvgs } from '../report/svg-files.js';
import { sweepChart } from '../report/sweep/charts.js';
import { sweepHtml } from '../report/sweep/html.js';
import { sweepText } from '../report/sweep/text.js';
import { writePage } from '../report/write-page.js';
import { sweepMethods } from '../sweep/methods.js';
import { runSweep, type SweepSettings } from '../sweep/run-sweep.js';

export interface SweepOptions {
  readonly optimizers: readonly string[];
  readonly settings: SweepSettings;
  readonly html?: string;
  /** Folder for the chart as an SVG file. */
  readonly svg?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/**
 * Counts iterations against the condition number: prints tables or JSON, and writes a page where asked. Resolves to the exit status.
 * @throws UsageError for optimizers that are not there and settings that make no sense.
 */
export async function sweep(options: SweepOptions): Promise<number> {
  const { settings, html, svg, stdout, stderr } = options;
  const line = new ProgressLine(stderr);
  const methods = sweepMethods(options.optimizers);
  const result = await runSweep(methods, settings, (text) => line.show(text), options.signal);
  line.clear();
  if (result === undefined) return exitStatus.interrupted;
  stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${sweepText(result)}\n`);
  if (html !== undefined) await writePage(html, sweepHtml(result), stderr);
  if (svg !== undefined) await writeSvgs(svg, { 'sweep-condition': sweepChart(result) }, stderr);
  return exitStatus.done;
}

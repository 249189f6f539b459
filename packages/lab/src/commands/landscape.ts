import { checkLandscape, type LandscapeSettings, measureLandscape } from '../analysis/landscape.js';
import { analysisTarget, type TargetOptions, withObjective } from '../analysis/target.js';
import { exitStatus } from '../command-line/exit-status.js';
import type { Problem } from '../problems/problem.js';
import { landscapeHtml } from '../report/landscape/html.js';
import { landscapeText } from '../report/landscape/text.js';
import { ProgressLine, type Terminal } from '../report/progress.js';
import { writePage } from '../report/write-page.js';

export interface LandscapeOptions {
  readonly target: TargetOptions;
  readonly settings: LandscapeSettings;
  readonly threads: number;
  readonly html: string;
  readonly json: boolean;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/**
 * Measures the loss along directions from a problem's or model's parameters: prints a summary or JSON, writes the page. Resolves to the
 * exit status.
 * @throws UsageError for a target that is not there or does not fit, and choices that make no sense.
 */
export async function landscape(options: LandscapeOptions, problem?: Problem): Promise<number> {
  const { settings, threads, stdout, stderr } = options;
  checkLandscape(settings);
  const target = await analysisTarget(options.target, problem);
  const line = new ProgressLine(stderr);
  const result = await withObjective(target, threads, (at) =>
    measureLandscape(at, target.info, settings, (text) => line.show(text)),
  );
  line.clear();
  stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${landscapeText(result)}\n`);
  await writePage(options.html, landscapeHtml(result, target.info), stderr);
  return exitStatus.done;
}

import { checkSpectrum, measureSpectrum, type SpectrumSettings } from '../analysis/spectrum.js';
import { analysisTarget, type TargetOptions, withObjective } from '../analysis/target.js';
import { exitStatus } from '../command-line/exit-status.js';
import type { Problem } from '../problems/problem.js';
import { ProgressLine, type Terminal } from '../report/progress.js';
import { spectrumHtml } from '../report/spectrum/html.js';
import { spectrumText } from '../report/spectrum/text.js';
import { writePage } from '../report/write-page.js';

export interface SpectrumOptions {
  readonly target: TargetOptions;
  readonly settings: SpectrumSettings;
  readonly threads: number;
  readonly html?: string;
  readonly json: boolean;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/**
 * Measures the curvature of a problem or model: prints a table or JSON, writes the page. Resolves to the exit status.
 * @throws UsageError for a target that is not there or does not fit, and numbers that make no sense.
 */
export async function spectrum(options: SpectrumOptions, problem?: Problem): Promise<number> {
  const { settings, threads, stdout, stderr } = options;
  checkSpectrum(settings);
  const target = await analysisTarget(options.target, problem);
  const line = new ProgressLine(stderr);
  const { spectrum: result } = await withObjective(target, threads, (at) =>
    measureSpectrum(at, target.info, settings, (text) => line.show(text)),
  );
  line.clear();
  stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${spectrumText(result)}\n`);
  if (options.html !== undefined) await writePage(options.html, spectrumHtml(result, target.info), stderr);
  return result.ends.every(({ status }) => status === 'converged') ? exitStatus.done : exitStatus.failed;
}

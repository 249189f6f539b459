import { gradientNoise } from 'osculate/curvature';
import { euclideanNorm } from 'osculate/linalg';
import { type At, allRows } from 'osculate/objective';
import { measureLandscape } from '../analysis/landscape.js';
import { layerCurvature } from '../analysis/layers.js';
import { checkSpectrum, measureSpectrum, type SpectrumSettings } from '../analysis/spectrum.js';
import { type AnalysisTarget, analysisTarget, type TargetOptions, withObjective } from '../analysis/target.js';
import { exitStatus } from '../command-line/exit-status.js';
import type { Curvature } from '../curvature.js';
import type { Problem } from '../problems/problem.js';
import { curvatureHtml } from '../report/curvature/html.js';
import { curvatureText } from '../report/curvature/text.js';
import { ProgressLine, type Terminal } from '../report/progress.js';
import { writePage } from '../report/write-page.js';
import { UsageError } from '../usage-error.js';

export interface CurvatureOptions {
  readonly target: TargetOptions;
  readonly settings: SpectrumSettings & { readonly resolution: number };
  readonly threads: number;
  readonly html: string;
  readonly json: boolean;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

async function measure(
  target: AnalysisTarget,
  at: At,
  { settings }: CurvatureOptions,
  say: (text: string) => void,
): Promise<Curvature> {
  const { seed, probes, resolution } = settings;
  const { spectrum } = await measureSpectrum(at, target.info, settings, say);
  const layers = await layerCurvature(at, { probes: Math.max(2, probes), seed }, say);
  say('gradient noise');
  const { objective } = at;
  const { gradient } = await objective.valueAndGradient(at.parameters, allRows(objective.rows));
  const noise = objective.rows >= 2 ? await gradientNoise(at) : null;
  const plane = objective.layout.size >= 4;
  const directions = plane ? (['eigen', 'eigen'] as const) : (['eigen'] as const);
  const landscape = await measureLandscape(
    at,
    target.info,
    { directions, resolution, tolerance: 0.1, trajectory: [], seed },
    say,
  );
  return { spectrum, layers, noise, gradientNorm: euclideanNorm(gradient), loss: landscape.quadratic.value, landscape };
}

/**
 * Measures all that there is to know of the curvature of a problem or model: prints a summary or JSON, writes the page. Resolves to the
 * exit status.
 * @throws UsageError for a target that is not there or does not fit, and numbers that make no sense.
 */
export async function curvature(options: CurvatureOptions, problem?: Problem): Promise<number> {
  const { settings, threads, stdout, stderr } = options;
  checkSpectrum(settings);
  if (settings.resolution < 3) throw new UsageError(`--resolution is ${settings.resolution}; it must be at least 3`);
  const target = await analysisTarget(options.target, problem);
  const line = new ProgressLine(stderr);
  const result = await withObjective(target, threads, (at) => measure(target, at, options, (text) => line.show(text)));
  line.clear();
  stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${curvatureText(result)}\n`);
  await writePage(options.html, curvatureHtml(result, target.info), stderr);
  return result.spectrum.ends.every(({ status }) => status === 'converged') ? exitStatus.done : exitStatus.failed;
}

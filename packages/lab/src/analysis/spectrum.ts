import {
  curvatureOperator,
  eigenpairs,
  type LinearOperator,
  type SpectralDensity,
  spectralDensity,
} from 'osculate/curvature';
import { type At, gaussNewtonMatrix, hessianMatrix } from 'osculate/objective';
import { type Generator, generator } from 'osculate/tensor';
import type { EigenvalueEnd, Spectrum } from '../spectrum.js';
import { UsageError } from '../usage-error.js';
import type { TargetInfo } from './target.js';

/** The matrices by their names on the command line, with those for people. */
const matrices = {
  hessian: { matrix: hessianMatrix, label: 'Hessian' },
  ggn: { matrix: gaussNewtonMatrix, label: 'GGN' },
} as const;

export interface SpectrumSettings {
  readonly matrix: keyof typeof matrices;
  readonly count: number;
  readonly probes: number;
  readonly steps: number;
  readonly seed: number;
}

/** Of the residuals, relative to the largest eigenvalue: what float32 products allow with room to spare. */
const tolerance = 1e-3;

/** @throws UsageError for numbers that make no sense */
export function checkSpectrum({ count, probes, steps }: SpectrumSettings): void {
  const least = { count: [count, 1], probes: [probes, 2], steps: [steps, 2] } as const;
  for (const [name, [value, lowest]] of Object.entries(least)) {
    if (value < lowest) throw new UsageError(`--${name} is ${value}; it must be at least ${lowest}`);
  }
}

/** An end of the spectrum, with the eigenvectors. */
export interface MeasuredEnd extends EigenvalueEnd {
  readonly vectors: readonly Float64Array[];
}

async function endOf(
  operator: LinearOperator,
  which: EigenvalueEnd['which'],
  count: number,
  random: Generator,
): Promise<MeasuredEnd> {
  const { status, values, vectors, residuals, applications } = await eigenpairs(operator, {
    generator: random,
    count,
    which,
    tolerance,
    maxApplications: 40 * (count + 5),
  });
  return { which, status, values: Array.from(values), residuals: Array.from(residuals), applications, vectors };
}

function summary(density: SpectralDensity): Pick<Spectrum, 'trace' | 'squares' | 'density'> {
  const { points, values, standardErrors, width } = density.curve();
  return {
    trace: density.traceOf((x) => x),
    squares: density.traceOf((x) => x * x),
    density: {
      points: Array.from(points),
      values: Array.from(values),
      standardErrors: Array.from(standardErrors),
      width,
    },
  };
}

export interface MeasuredSpectrum {
  readonly spectrum: Spectrum;
  /** Eigenvectors of the largest eigenvalues. */
  readonly top: readonly Float64Array[];
}

/** Measures the eigenvalues at both ends and the density of all. `say` is told what is under way. */
export async function measureSpectrum(
  at: At,
  { name, point }: TargetInfo,
  settings: SpectrumSettings,
  say: (text: string) => void,
): Promise<MeasuredSpectrum> {
  const { probes, steps, seed } = settings;
  const { matrix, label } = matrices[settings.matrix];
  const operator = curvatureOperator(at, matrix);
  const count = Math.min(settings.count, Math.max(1, operator.size - 2));
  const random = generator(seed);
  const started = performance.now();
  say(`largest ${count} eigenvalues of a ${operator.size} x ${operator.size} matrix`);
  const largest = await endOf(operator, 'largest', count, random);
  const ends = [largest];
  // The GGN's smallest eigenvalues are zeros by the thousand.
  if (settings.matrix === 'hessian') {
    say(`smallest ${count} eigenvalues`);
    ends.push(await endOf(operator, 'smallest', count, random));
  }
  say(`density: ${probes} probes with ${steps} products each`);
  const density = await spectralDensity(operator, { generator: random, probes, steps });
  const seconds = (performance.now() - started) / 1000;
  const { size, applications } = operator;
  const about = { problem: name, point, matrix: label, size, rows: at.objective.rows, probes, steps, seed };
  const plain = ends.map(({ vectors: _, ...end }): EigenvalueEnd => end);
  return {
    spectrum: { ...about, ends: plain, ...summary(density), applications, seconds },
    top: largest.vectors,
  };
}

import { tridiagonalEigen } from '../../linalg/dense/eigen/tridiagonal-eigen.js';
import { lanczos } from '../../linalg/index.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { type Generator, generator as seeded } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { drawProbe, type Estimate, meanOf, requireSymmetric } from './estimate.js';

/** Gauss quadrature of the spectral measure of one probe: weights that add up to 1 at nodes that are Ritz values. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

export interface QuadratureRun extends Quadrature {
  /** The quadrature that half of the steps gave; null when the run ended in an invariant subspace, where it is exact. */
  readonly coarse: Quadrature | null;
  readonly applications: number;
}

function quadratureOf(diagonal: Float64Array, offDiagonal: Float64Array): Quadrature {
  const { values, vectors } = tridiagonalEigen(diagonal, offDiagonal);
  return { nodes: values, weights: vectors.data.slice(0, values.length).map((x) => x * x) };
}

/** One Lanczos run with full reorthogonalisation from a Rademacher probe. InputError for a product that is not finite. */
export async function lanczosQuadrature(
  what: string,
  operator: LinearOperator,
  steps: number,
  generator: Generator,
): Promise<QuadratureRun> {
  const start = drawProbe(operator.size, 'rademacher', generator);
  const run = await lanczos((v: Float64Array) => operator.apply(v), start, steps);
  if (run.status === 'nonFinite') throw new InputError(`${what}: a product with "${operator.name}" is not finite`);
  const half = Math.ceil(run.iterations / 2);
  return {
    ...quadratureOf(run.diagonal, run.offDiagonal),
    coarse:
      run.status === 'invariant' ? null : quadratureOf(run.diagonal.slice(0, half), run.offDiagonal.slice(0, half - 1)),
    applications: run.iterations,
  };
}

export interface QuadratureOptions {
  /** Draws the probes (default `generator(0)`). */
  readonly generator?: Generator;
  /** Lanczos runs; with a tolerance the most that are made. Default 16. */
  readonly probes?: number;
  /** Products in each run, at most n; default 60. */
  readonly steps?: number;
  /** Stop when the standard error is at most this fraction of the estimate; at least 8 runs are made. */
  readonly tolerance?: number;
}

export const quadratureOptions: OptionNames<QuadratureOptions> = { generator: 1, probes: 1, steps: 1, tolerance: 1 };

export interface QuadratureEstimate extends Estimate {
  /**
   * How far the estimate moved over the second half of the steps: what too few steps cost, which the standard error does not see; 0
   * when every run ended in an invariant subspace.
   */
  readonly quadratureError: number;
}

/** Runs before the standard error is believed. */
const fewest = 8;

const integral = ({ nodes, weights }: Quadrature, f: (x: number) => number): number =>
  nodes.reduce((sum, node, i) => sum + (weights[i]! === 0 ? 0 : weights[i]! * f(node)), 0);

/** tr f(A) from runs of quadrature; at least two. */
export function traceFromRuns(
  size: number,
  runs: readonly QuadratureRun[],
  f: (eigenvalue: number) => number,
): QuadratureEstimate {
  const fine = meanOf(runs.map((run) => size * integral(run, f)));
  const coarse = meanOf(runs.map((run) => size * integral(run.coarse ?? run, f)));
  return {
    ...fine,
    quadratureError: Math.abs(fine.value - coarse.value),
    applications: runs.reduce((sum, { applications }) => sum + applications, 0),
  };
}

/** Lanczos runs until the estimate made of them is accurate enough. Errors as of `spectralDensity`, InputError for a negative tolerance. */
export async function quadratureRuns(
  what: string,
  operator: LinearOperator,
  { generator = seeded(0), probes = 16, steps = 60, tolerance }: QuadratureOptions,
  estimate: (runs: readonly QuadratureRun[]) => Estimate,
): Promise<QuadratureRun[]> {
  requireSymmetric(what, operator);
  checkOptions(what, { 'an integer ≥ 2': { probes }, 'an integer ≥ 1': { steps }, 'a number ≥ 0': { tolerance } });
  const runs: QuadratureRun[] = [];
  while (runs.length < probes) {
    runs.push(await lanczosQuadrature(what, operator, steps, generator));
    if (tolerance === undefined || runs.length < fewest) continue;
    const { value, standardError } = estimate(runs);
    if (standardError <= tolerance * Math.abs(value)) break;
  }
  return runs;
}

/**
 * ‖A‖₊ = Σ |λᵢ| of a symmetric operator by stochastic Lanczos quadrature of |λ| (Ubaru, Chen and Saad 2017): probes · steps products. The kink
 * at zero makes the quadrature converge as one over the steps where eigenvalues crowd there; `quadratureError` says what is left of it.
 * @example
 * const { value } = await nuclearNormEstimate(denseOperator(matrixFromRows([[1, 2], [2, 1]])), {});
 * value; // 4.0
 */
export async function nuclearNormEstimate(
  operator: LinearOperator,
  options: QuadratureOptions,
): Promise<QuadratureEstimate> {
  checkNames('nuclearNormEstimate', options, quadratureOptions);
  const runs = await quadratureRuns('nuclearNormEstimate', operator, options, (made) =>
    traceFromRuns(operator.size, made, Math.abs),
  );
  return traceFromRuns(operator.size, runs, Math.abs);
}

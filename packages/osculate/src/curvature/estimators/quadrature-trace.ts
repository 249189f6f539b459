import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { type Estimate, meanOf, requireCount, requireSymmetric } from './estimate.js';
import { lanczosQuadrature, type Quadrature, type QuadratureRun } from './lanczos-quadrature.js';

export interface QuadratureOptions {
  readonly generator: Generator;
  /** Lanczos runs; with a tolerance the most that are made. Default 16. */
  readonly probes?: number;
  /** Products in each run, at most n; default 60. */
  readonly steps?: number;
  /** Stop when the standard error is at most this fraction of the estimate; at least 8 runs are made. */
  readonly tolerance?: number;
}

export interface QuadratureEstimate extends Estimate {
  /**
   * How far the estimate moved over the second half of the steps: what too few steps cost, which the standard error does not see; 0
   * when every run ended in an invariant subspace.
   */
  readonly quadratureError: number;
}

/** Runs before the standard error is believed. */
const FEWEST = 8;

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
  { generator, probes = 16, steps = 60, tolerance }: QuadratureOptions,
  estimate: (runs: readonly QuadratureRun[]) => Estimate,
): Promise<QuadratureRun[]> {
  requireSymmetric(what, operator);
  requireCount(what, 'probes', probes, 2);
  requireCount(what, 'steps', steps, 1);
  if (tolerance !== undefined && !(tolerance >= 0)) {
    throw new InputError(`${what}: the tolerance is ${tolerance}; it must be a number ≥ 0`);
  }
  const runs: QuadratureRun[] = [];
  while (runs.length < probes) {
    runs.push(await lanczosQuadrature(what, operator, steps, generator));
    if (tolerance === undefined || runs.length < FEWEST) continue;
    const { value, standardError } = estimate(runs);
    if (standardError <= tolerance * Math.abs(value)) break;
  }
  return runs;
}

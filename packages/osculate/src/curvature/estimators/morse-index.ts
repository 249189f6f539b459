import { infinityNorm, ldlt, matrix } from '../../linalg/index.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { generator as seeded } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { eigenpairs } from './eigenpairs.js';
import { requireSymmetric } from './estimate.js';
import {
  type QuadratureEstimate,
  type QuadratureOptions,
  type QuadratureRun,
  quadratureOptions,
  quadratureRuns,
  traceFromRuns,
} from './quadrature.js';

export interface MorseIndexOptions extends QuadratureOptions {
  /** Eigenvalues of a magnitude below this fraction of the largest count as zero: a network has many of them. Default 1e-6. */
  readonly threshold?: number;
  /** Up to this n the index is exact, by n products and an LDLᵀ factorisation; default 256. */
  readonly exactBelow?: number;
  /** Smallest eigenpairs that are sought to raise the lower bound; default 8, 0 for none. */
  readonly pairs?: number;
  /** Products for these pairs, at most; default 200. */
  readonly pairApplications?: number;
}

const morseIndexOptions: OptionNames<MorseIndexOptions> = {
  ...quadratureOptions,
  threshold: 1,
  exactBelow: 1,
  pairs: 1,
  pairApplications: 1,
};

export interface MorseIndex extends QuadratureEstimate {
  /** At least so many eigenvalues are below −threshold times the largest magnitude seen: certain up to the rounding of the products. */
  readonly atLeast: number;
  /** The value is exact, by inertia. */
  readonly exact: boolean;
}

async function exactIndex(operator: LinearOperator, threshold: number): Promise<MorseIndex> {
  const a = await operator.toDense();
  const n = operator.size;
  const shift = threshold * infinityNorm(a);
  const shifted = matrix(n, n, a.data.slice());
  for (let i = 0; i < n; i++) shifted.data[i * (n + 1)]! += shift;
  const { negative } = ldlt(shifted).inertia;
  return { value: negative, standardError: 0, quadratureError: 0, atLeast: negative, exact: true, applications: n };
}

const largestIn = (runs: readonly QuadratureRun[]): number =>
  Math.max(...runs.map(({ nodes }) => Math.max(Math.abs(nodes[0]!), Math.abs(nodes.at(-1)!))));

function check({ threshold, exactBelow, pairs, pairApplications }: MorseIndexOptions): void {
  checkOptions('morseIndex', {
    'an integer ≥ 0': { exactBelow, pairs },
    'an integer ≥ 1': { pairApplications },
    'a number from 0 to below 1': { threshold },
  });
}

/**
 * The number of negative eigenvalues of a symmetric operator. For n up to `exactBelow` exact, by the inertia of A + τI = LDLᵀ (Sylvester)
 * with τ the threshold times ‖A‖∞. Above, the estimate is tr 1(λ < −τ) by stochastic Lanczos quadrature, and the lower bound the largest
 * number of negative Ritz values in one orthonormal basis, from the same runs or from the smallest eigenpairs whose value and residual
 * together lie below −τ: by interlacing no basis has more of them than A. Cost: probes · steps + pairApplications products at most.
 * @throws As `spectralDensity`; InputError for options out of their range.
 * @example
 * const { value } = await morseIndex(denseOperator(matrixFromRows([[1, 2], [2, 1]])), {});
 * value; // 1
 */
export async function morseIndex(operator: LinearOperator, options: MorseIndexOptions): Promise<MorseIndex> {
  checkNames('morseIndex', options, morseIndexOptions);
  const { threshold = 1e-6, exactBelow = 256, pairs = 8, pairApplications = 200, generator = seeded(0) } = options;
  requireSymmetric('morseIndex', operator);
  check(options);
  if (operator.size <= exactBelow) return exactIndex(operator, threshold);
  const estimate = (runs: readonly QuadratureRun[]): QuadratureEstimate => {
    const limit = -threshold * largestIn(runs);
    return traceFromRuns(operator.size, runs, (x) => Number(x < limit));
  };
  const runs = await quadratureRuns('morseIndex', operator, options, estimate);
  const limit = -threshold * largestIn(runs);
  let atLeast = Math.max(...runs.map(({ nodes }) => nodes.filter((x) => x < limit).length));
  const found = estimate(runs);
  let { applications } = found;
  const count = Math.min(pairs, operator.size);
  // Pairs can raise the bound only beyond what the runs have shown.
  if (count > atLeast) {
    const smallest = await eigenpairs(operator, {
      generator,
      count,
      which: 'smallest',
      maxApplications: Math.max(pairApplications, count + 1),
    });
    applications += smallest.applications;
    const sure = smallest.values.filter((x, i) => x + smallest.residuals[i]! < limit).length;
    atLeast = Math.max(atLeast, sure);
  }
  return { ...found, applications, atLeast, exact: false };
}

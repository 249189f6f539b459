import { dot } from '../../linalg/krylov/vectors.js';
import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { type Estimate, meanOf, requireCount } from './estimate.js';
import { drawProbes, type ProbeDistribution } from './probes.js';

export interface HutchinsonOptions {
  readonly generator: Generator;
  /** Probes, one product each; with a tolerance the most that are made. Default 32. */
  readonly probes?: number;
  /** Stop when the standard error is at most this fraction of the estimate; at least 8 probes are made. */
  readonly tolerance?: number;
  /** Default: Rademacher, which is exact for a diagonal matrix. */
  readonly distribution?: ProbeDistribution;
}

/** Probes multiplied at once, and fewest before the standard error is believed. */
const BATCH = 8;

/**
 * tr A as the mean of vᵀA v over random v with E vvᵀ = I (Hutchinson 1989). Variance with Rademacher probes: 2 Σ_{i≠j} Aᵢⱼ² / probes for a
 * symmetric A. InputError for fewer than two probes or a negative tolerance.
 */
export async function hutchinson(operator: LinearOperator, options: HutchinsonOptions): Promise<Estimate> {
  const { generator, probes = 32, tolerance, distribution = 'rademacher' } = options;
  requireCount('hutchinson', 'probes', probes, 2);
  if (tolerance !== undefined && !(tolerance >= 0)) {
    throw new InputError(`hutchinson: the tolerance is ${tolerance}; it must be a number ≥ 0`);
  }
  const samples: number[] = [];
  while (samples.length < probes) {
    const count = Math.min(BATCH, probes - samples.length);
    const vectors = drawProbes(count, operator.size, distribution, generator);
    const products = await operator.applyBatch(vectors);
    for (let k = 0; k < count; k++) samples.push(dot(vectors[k]!, products[k]!));
    if (tolerance === undefined || samples.length < 2) continue;
    const { value, standardError } = meanOf(samples);
    if (standardError <= tolerance * Math.abs(value)) break;
  }
  return { ...meanOf(samples), applications: samples.length };
}

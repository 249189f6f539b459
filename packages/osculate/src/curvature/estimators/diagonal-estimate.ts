import { checkNames, checkOptions } from '../../tensor/check-options.js';
import { generator as seeded } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { drawProbes } from './estimate.js';
import type { ProbeOptions } from './traces.js';
import { probeOptions } from './traces.js';

export interface DiagonalEstimate {
  /** The estimate of each element. */
  readonly values: Float64Array;
  /** Of each element. */
  readonly standardErrors: Float64Array;
  /** Products of the operator with single vectors that it took. */
  readonly applications: number;
}

/** Probes multiplied at once. */
const together = 8;

/**
 * The diagonal of A as the mean of v ⊙ A v over Rademacher v (Bekas, Kokiopoulou and Saad 2007), one product a probe. The variance of
 * element i is Σ_{j≠i} Aᵢⱼ² / probes.
 * @throws InputError for fewer than two probes.
 * @example
 * const { values } = await diagonalEstimate(hessian(objective, theta), { probes: 8 });
 * values.length === theta.length; // true
 */
export async function diagonalEstimate(operator: LinearOperator, options: ProbeOptions): Promise<DiagonalEstimate> {
  checkNames('diagonalEstimate', options, probeOptions);
  const { generator = seeded(0), probes = 32 } = options;
  checkOptions('diagonalEstimate', { 'an integer ≥ 2': { probes } });
  const n = operator.size;
  const values = new Float64Array(n);
  const squares = new Float64Array(n);
  for (let done = 0; done < probes; ) {
    const vectors = drawProbes(Math.min(together, probes - done), n, 'rademacher', generator);
    for (const [k, product] of (await operator.applyBatch(vectors)).entries()) {
      done++;
      // Running mean and squared deviations (Welford 1962), which cancel nothing.
      for (let i = 0; i < n; i++) {
        const sample = vectors[k]![i]! * product[i]!;
        const off = sample - values[i]!;
        values[i]! += off / done;
        squares[i]! += off * (sample - values[i]!);
      }
    }
  }
  const standardErrors = squares.map((s) => Math.sqrt(s / (probes - 1) / probes));
  return { values, standardErrors, applications: probes };
}

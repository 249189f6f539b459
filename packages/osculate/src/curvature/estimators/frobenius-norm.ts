import { dot } from '../../linalg/krylov/vectors.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import type { ProbeOptions } from './diagonal-estimate.js';
import { type Estimate, meanOf, requireCount } from './estimate.js';
import { drawProbe } from './probes.js';

/**
 * ‖A‖_F from E ‖A v‖² = ‖A‖_F² over Rademacher v, one product a probe. The standard error is that of the square carried through the
 * root to first order, so the relative error of the norm is half of the square's. InputError for fewer than two probes.
 */
export async function frobeniusNormEstimate(
  operator: LinearOperator,
  { generator, probes = 32 }: ProbeOptions,
): Promise<Estimate> {
  requireCount('frobeniusNormEstimate', 'probes', probes, 2);
  const squares: number[] = [];
  while (squares.length < probes) {
    const product = await operator.apply(drawProbe(operator.size, 'rademacher', generator));
    squares.push(dot(product, product));
  }
  const square = meanOf(squares);
  const value = Math.sqrt(square.value);
  return {
    value,
    standardError: value === 0 ? 0 : square.standardError / (2 * value),
    applications: probes,
  };
}

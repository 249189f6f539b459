import { dot } from '../../linalg/krylov/vectors.js';
import type { Generator } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { type Estimate, meanOf, requireCount } from './estimate.js';
import { orthonormalize, projectOut } from './orthonormal.js';
import { drawProbes } from './probes.js';

export interface TraceOptions {
  readonly generator: Generator;
  /** Products with the operator, at most. */
  readonly applications: number;
}

/**
 * tr A by Hutch++ (Meyer, Musco, Musco and Woodruff 2021): the exact trace on the range of A times a third of the probes, and Hutchinson's
 * estimate on what is orthogonal to it. Error O(1/m) in m products for a positive semi-definite A, against Hutchinson's
 * O(1/√m). The standard error is that of the second part. InputError for fewer than 6 products.
 */
export async function hutchPlusPlus(
  operator: LinearOperator,
  { generator, applications }: TraceOptions,
): Promise<Estimate> {
  requireCount('hutchPlusPlus', 'applications', applications, 6);
  const n = operator.size;
  const third = Math.floor(applications / 3);
  const sketch = Math.min(third, n);
  const { basis } = orthonormalize(await operator.applyBatch(drawProbes(sketch, n, 'normal', generator)));
  const images = await operator.applyBatch(basis);
  const captured = basis.reduce((sum, q, i) => sum + dot(q, images[i]!), 0);
  // With the whole space captured nothing is left to estimate.
  if (basis.length === n) return { value: captured, standardError: 0, applications: sketch + n };
  const probes = drawProbes(applications - 2 * third, n, 'rademacher', generator).map((v) => projectOut(basis, v));
  const products = await operator.applyBatch(probes);
  const rest = meanOf(probes.map((v, k) => dot(v, products[k]!)));
  return {
    value: captured + rest.value,
    standardError: rest.standardError,
    applications: sketch + basis.length + probes.length,
  };
}

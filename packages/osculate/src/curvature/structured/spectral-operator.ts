import { symmetricEigen } from '../../linalg/index.js';
import { requireSymmetric } from '../estimators/estimate.js';
import type { LinearOperator } from '../operators/index.js';
import { type StructuredOperator, structuredOperator } from './structured-operator.js';

/**
 * A symmetric operator as its dense eigendecomposition, for small n: n products and about 9 n³ operations. Errors as `toDense`; InputError for an
 * operator that is not symmetric.
 */
export async function spectralOperator(operator: LinearOperator): Promise<StructuredOperator> {
  requireSymmetric('spectralOperator', operator);
  const { values, vectors } = symmetricEigen(await operator.toDense());
  const at = Int32Array.from({ length: operator.size }, (_, i) => i);
  const place = { names: [operator.name], rows: operator.size, columns: 1, at };
  return structuredOperator(operator.name, operator.size, [{ place, left: vectors, right: null, values }]);
}

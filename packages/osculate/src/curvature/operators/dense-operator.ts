import { type Matrix, transposeMatrix } from '../../linalg/index.js';
import { dot } from '../../linalg/krylov/vectors.js';
import { ShapeError } from '../../tensor/errors.js';
import { type LinearOperator, linearOperator } from './linear-operator.js';

function isSymmetric({ rows: n, data }: Matrix): boolean {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (data[i * n + j] !== data[j * n + i]) return false;
  return true;
}

/** A matrix that is there as an operator; symmetric only if its elements are exactly. ShapeError unless it is square. */
export function denseOperator(a: Matrix): LinearOperator {
  const { rows: n, columns, data } = a;
  if (n !== columns) throw new ShapeError(`denseOperator takes a square matrix; got ${n} x ${columns}`);
  const rows = Array.from({ length: n }, (_, i) => data.subarray(i * n, (i + 1) * n));
  const multiply = (v: Float64Array): Float64Array => Float64Array.from(rows, (row) => dot(row, v));
  return linearOperator({
    name: 'dense matrix',
    size: n,
    applyBatch: async (vectors) => vectors.map(multiply),
    diagonal: async () => Float64Array.from({ length: n }, (_, i) => data[i * (n + 1)]!),
    ...(!isSymmetric(a) && { transpose: () => denseOperator(transposeMatrix(a)) }),
  });
}

import { transposeAt } from '../linalg/dense/transpose.js';

/** n columns of m that follow each other as m rows of n, in memory of its own. */
export function rowsOfColumns(columns: Float64Array, m: number, n: number): Float64Array {
  const result = new Float64Array(m * n);
  transposeAt(columns, n, m, 0, m, 0, n, result);
  return result;
}

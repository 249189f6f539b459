import { symmetricEigen } from '../../linalg/dense/eigen/symmetric-eigen.js';
import { multiply } from '../../linalg/dense/multiply.js';
import { orthogonalFactor, qr } from '../../linalg/dense/qr.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';

/** The eigenvectors of a factor, by descending eigenvalues. Cost: 9·n³ operations at most. */
export function firstBasis(factor: Matrix): Matrix {
  const n = factor.rows;
  const { vectors } = symmetricEigen(factor);
  return pickColumns(
    vectors,
    Array.from({ length: n }, (_, i) => n - 1 - i),
  );
}

export interface NextBasis {
  readonly basis: Matrix;
  /** Column j of the new basis comes from column order[j] of the old one. */
  readonly order: readonly number[];
}

/**
 * One power step and QR: the columns of the old basis are sorted by their Rayleigh quotients qᵀAq, descending, and A·Q is made
 * orthonormal. Whatever belongs to the columns (the second moment) must be put in the same order. Cost: 5·n³ operations.
 */
export function nextBasis(factor: Matrix, basis: Matrix): NextBasis {
  const n = factor.rows;
  const product = multiply(factor, basis);
  const quotients = new Float64Array(n);
  for (let i = 0; i < n * n; i++) quotients[i % n]! += basis.data[i]! * product.data[i]!;
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => quotients[j]! - quotients[i]!);
  return { basis: orthogonalFactor(qr(pickColumns(product, order))), order };
}

/** Columns order[0], order[1], … of a matrix. */
export function pickColumns({ rows, columns, data }: Matrix, order: readonly number[]): Matrix {
  const out = matrix(rows, order.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < order.length; j++) out.data[i * order.length + j] = data[i * columns + order[j]!]!;
  }
  return out;
}

/** Rows order[0], order[1], … of a matrix. */
export function pickRows({ columns, data }: Matrix, order: readonly number[]): Matrix {
  const out = matrix(order.length, columns);
  for (const [i, from] of order.entries()) {
    out.data.set(data.subarray(from * columns, (from + 1) * columns), i * columns);
  }
  return out;
}

import { addSquare } from '../../linalg/dense/add-square.js';
import { type SymmetricEigen, symmetricEigen } from '../../linalg/dense/eigen/symmetric-eigen.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';

/** An eigensolver of symmetric matrices, values ascending; undefined when it fails. */
export type Eigensolver = (a: Matrix) => SymmetricEigen | undefined;

/** `symmetricEigen` by either of its methods: the second is tried where the first does not converge. */
export function twoEigensolvers(a: Matrix): SymmetricEigen | undefined {
  for (const method of ['divideAndConquer', 'implicitQl'] as const) {
    try {
      return symmetricEigen(a, { method });
    } catch {
      // No convergence, or a matrix that is not finite: a failure like any other, for the caller to deal with.
    }
  }
  return undefined;
}

/**
 * A^(−1/p) as Distributed Shampoo computes it: Q·(Λ − min(λ_min, 0) + ε)^(−1/p)·Qᵀ, so that eigenvalues that rounding made negative do
 * not matter. Undefined when the solver fails. Cost: 10·n³ operations at most.
 */
export function shampooRoot(
  a: Matrix,
  p: number,
  epsilon: number,
  solver: Eigensolver = twoEigensolvers,
): Matrix | undefined {
  const eigen = solver(a);
  if (eigen === undefined) return undefined;
  const { values, vectors } = eigen;
  const n = a.rows;
  const shift = epsilon - Math.min(values[0] ?? 0, 0);
  const half = values.map((value) => (value + shift) ** (-0.5 / p));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) vectors.data[i * n + j]! *= half[j]!;
  }
  return addSquare(matrix(n, n), vectors);
}

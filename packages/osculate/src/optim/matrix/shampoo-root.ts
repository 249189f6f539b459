import { type SymmetricEigen, symmetricEigen } from '../../linalg/dense/eigen/symmetric-eigen.js';
import { multiply } from '../../linalg/dense/multiply.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';

/** An eigensolver of symmetric matrices: it throws or returns what is not finite when it fails. */
export type Eigensolver = (a: Matrix) => SymmetricEigen;

function finite({ values, vectors }: SymmetricEigen): boolean {
  let sum = 0;
  for (const v of values) sum += v;
  for (const v of vectors.data) sum += v;
  return Number.isFinite(sum);
}

function attempt(solver: Eigensolver, a: Matrix): SymmetricEigen | undefined {
  try {
    const result = solver(a);
    return finite(result) ? result : undefined;
  } catch {
    // A solver that did not converge; what to do about it is for the caller to say.
    return undefined;
  }
}

/**
 * A^(−1/p) as Distributed Shampoo computes it: Q·(Λ − min(λ_min, 0) + ε)^(−1/p)·Qᵀ, so that eigenvalues that rounding made negative do
 * not matter. Undefined when `solver` fails and the QL iteration fails as well. Cost: 10·n³ operations at most.
 */
export function shampooRoot(
  a: Matrix,
  p: number,
  epsilon: number,
  solver: Eigensolver = symmetricEigen,
): Matrix | undefined {
  const eigen = attempt(solver, a) ?? attempt((m) => symmetricEigen(m, { method: 'implicitQl' }), a);
  if (eigen === undefined) return undefined;
  const { values, vectors } = eigen;
  const n = a.rows;
  const shift = epsilon - Math.min(values[0] ?? 0, 0);
  const half = values.map((value) => (value + shift) ** (-0.5 / p));
  const scaled = matrix(
    n,
    n,
    vectors.data.map((v, i) => v * half[i % n]!),
  );
  return multiply(scaled, scaled, { transposeB: true });
}

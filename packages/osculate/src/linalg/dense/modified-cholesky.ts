import { InputError } from '../../tensor/errors.js';
import type { KernelOptions } from '../kernels/kernels.js';
import type { Matrix } from '../matrix.js';
import { type LdlFactors, ldlt } from './ldlt.js';
import { infinityNorm } from './norms.js';

export interface ModifiedCholeskyOptions extends KernelOptions {
  /** The least eigenvalue that D may have; default √2⁻⁵³ ‖A‖∞ (1 for a zero matrix). */
  readonly floor?: number;
  /** What becomes of a negative eigenvalue of D: 'raise' it to the floor, or 'reflect' it to its magnitude. Default 'raise'. */
  readonly negative?: 'raise' | 'reflect';
}

export interface ModifiedCholesky {
  /** Factors of the positive definite A + E, for `ldltSolve`; its inertia is (n, 0, 0). */
  readonly factors: LdlFactors;
  /** How many eigenvalues of D were changed; 0 means E = 0. */
  readonly changed: number;
  /** The largest change of an eigenvalue of D; ‖E‖ ≤ ‖L‖² times it. */
  readonly largestChange: number;
}

/** A symmetric 2 x 2 matrix [[a, b], [b, c]] as its eigenvalues and the unit vector (x, y) of the first. */
function eigen2(a: number, b: number, c: number) {
  const theta = (c - a) / (2 * b);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(1, theta));
  const x = 1 / Math.hypot(1, t);
  return { first: a - t * b, second: c + t * b, x, y: -t * x };
}

/**
 * The Cholesky factorisation of A + E, E zero when A is comfortably positive definite and otherwise not far from the least that makes
 * it so: D of P A Pᵀ = L D Lᵀ has its small and negative eigenvalues changed (Cheng and Higham 1998). L is bounded, so E is of the
 * order of the change. Reads and refuses A as `ldlt` does; InputError for a floor that is not positive and finite.
 * @example
 * const { factors, changed } = modifiedCholesky(matrixFromRows([[1, 0], [0, -2]]), { negative: 'reflect' });
 * changed; // 1
 * ldltSolve(factors, Float64Array.of(1, 2)); // a descent direction for the gradient (−1, −2)
 */
export function modifiedCholesky(a: Matrix, options: ModifiedCholeskyOptions = {}): ModifiedCholesky {
  const factors = ldlt(a, options);
  const { floor = Math.sqrt(2 ** -53) * infinityNorm(a) || 1, negative = 'raise' } = options;
  if (!(floor > 0 && floor < Infinity)) {
    throw new InputError(`modifiedCholesky: the floor is ${floor}; it must be a positive number.`);
  }
  const diagonal = factors.diagonal.slice();
  const subdiagonal = factors.subdiagonal.slice();
  let changed = 0;
  let largestChange = 0;
  const raise = (value: number) => {
    const raised = Math.max(negative === 'reflect' ? Math.abs(value) : value, floor);
    if (raised !== value) changed++;
    largestChange = Math.max(largestChange, raised - value);
    return raised;
  };
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = subdiagonal[i]!;
    if (coupling === 0) {
      diagonal[i] = raise(diagonal[i]!);
      continue;
    }
    const { first, second, x, y } = eigen2(diagonal[i]!, coupling, diagonal[i + 1]!);
    const [one, two] = [raise(first), raise(second)];
    diagonal[i] = one * x * x + two * y * y;
    diagonal[i + 1] = one * y * y + two * x * x;
    subdiagonal[i] = (one - two) * x * y;
    i++;
  }
  const inertia = { positive: diagonal.length, negative: 0, zero: 0 };
  return { factors: { ...factors, diagonal, subdiagonal, inertia }, changed, largestChange };
}

import { euclideanNorm } from '../dense/norms.js';
import { dot, scale } from '../vectors.js';
import { orthogonalize } from './long-vectors.js';
import { type AsyncOperator, drive, type Operator, type Recurrence } from './operator.js';

export interface LanczosResult {
  /**
   * 'complete': all steps done. 'invariant': the basis spans an invariant subspace, so the Ritz values are eigenvalues. 'nonFinite':
   * the start or a product was NaN or infinite, or the start zero; what was built until then stands.
   */
  readonly status: 'complete' | 'invariant' | 'nonFinite';
  /** The diagonal of the tridiagonal T = VᵀA V, as many elements as iterations. */
  readonly diagonal: Float64Array;
  /** The off-diagonal of T, one element fewer. */
  readonly offDiagonal: Float64Array;
  /** Orthonormal Lanczos vectors v₀ = start / ‖start‖, v₁, …. */
  readonly basis: readonly Float64Array[];
  /** Steps that were made. */
  readonly iterations: number;
  /** ‖A V − V T‖₂, the coupling to the next vector; a Ritz value's error is at most this times its vector's last element. */
  readonly residual: number;
}

/** Below this fraction of ‖A v‖ what remains after orthogonalisation is rounding error. */
const NEGLIGIBLE = 2 ** -50;

function* recurrence(apply: Operator | AsyncOperator, start: Float64Array, steps: number): Recurrence<LanczosResult> {
  const n = start.length;
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const couplings: number[] = [];
  let residual = euclideanNorm(start);
  const end = (status: LanczosResult['status']): LanczosResult => ({
    status,
    diagonal: Float64Array.from(diagonal),
    offDiagonal: Float64Array.from(couplings.slice(0, Math.max(0, diagonal.length - 1))),
    basis,
    iterations: diagonal.length,
    residual,
  });
  let next = start.slice();
  if (!(residual > 0 && residual < Infinity)) return end('nonFinite');
  let largest = 0;
  for (let j = 0; j < Math.min(steps, n); j++) {
    scale(1 / residual, next);
    const w = new Float64Array(n);
    yield { operator: apply, v: next, out: w };
    const norm = euclideanNorm(w);
    const alpha = dot(next, w);
    if (!(norm < Infinity) || !Number.isFinite(alpha)) return end('nonFinite');
    basis.push(next);
    diagonal.push(alpha);
    orthogonalize(basis, w);
    residual = euclideanNorm(w);
    couplings.push(residual);
    largest = Math.max(largest, norm);
    if (residual <= NEGLIGIBLE * Math.sqrt(n) * largest) return end('invariant');
    next = w;
  }
  return end(basis.length === n && n > 0 ? 'invariant' : 'complete');
}

/**
 * `steps` of the Lanczos process for a symmetric A with full reorthogonalisation: T tridiagonal and V orthonormal to working precision
 * with A V ≈ V T (Lanczos 1950; Golub and Van Loan, section 10.1). One product and 4 n j operations in step j; keeps all vectors.
 * The eigenvalues of T (`tridiagonalEigen`) approximate the extreme ones of A. Never throws on breakdown.
 * @example
 * const a = (v: Float64Array, out: Float64Array) => out.set([2 * v[0]! + v[1]!, v[0]! + 2 * v[1]!]);
 * const { diagonal, offDiagonal } = lanczos(a, Float64Array.of(1, 0), 2);
 * [...diagonal, ...offDiagonal]; // [2, 2, 1]
 */
export function lanczos(apply: AsyncOperator, start: Float64Array, steps: number): Promise<LanczosResult>;
export function lanczos(apply: Operator, start: Float64Array, steps: number): LanczosResult;
export function lanczos(
  apply: Operator | AsyncOperator,
  start: Float64Array,
  steps: number,
): LanczosResult | Promise<LanczosResult> {
  return drive(recurrence(apply, start, steps));
}

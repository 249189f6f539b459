import type { Kernels } from '../kernels/kernels.js';

/**
 * `count` reflectors H₀ H₁ … = I − Vᵀ T V in compact WY form (Schreiber and Van Loan 1989): the rows of V are the vectors, each of
 * `length`, with their leading zeros and ones written out.
 */
export interface BlockReflectorAt {
  readonly count: number;
  readonly length: number;
  readonly v: number;
  readonly ldv: number;
  /** T, count x count, upper triangular, its lower triangle zero. */
  readonly t: number;
}

/** Forms T from V and the `count` values tau at `tau` (LAPACK's dlarft, forward and rowwise). */
export function formTriangleAt(k: Kernels, { count, length, v, ldv, t }: BlockReflectorAt, tau: number): void {
  const h = k.heap;
  h.fill(0, t, t + count * count);
  k.gemm(false, true, count, count, length, 1, v, ldv, v, ldv, t, count, false);
  for (let j = 0; j < count; j++) {
    const factor = h[tau + j]!;
    // Column j above the diagonal becomes −tau_j T[0:j, 0:j] (V v_j); ascending rows use only entries not yet replaced.
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let l = i; l < j; l++) sum += h[t + i * count + l]! * h[t + l * count + j]!;
      h[t + i * count + j] = -factor * sum;
    }
    h[t + j * count + j] = factor;
    for (let i = j + 1; i < count; i++) h[t + i * count + j] = 0;
  }
}

/** Doubles of workspace that `applyReflectorAt` needs. */
export function reflectorWork(count: number, columns: number): number {
  return 2 * count * columns;
}

/** C ← H C, or Hᵀ C, for C of `length` rows; 4 count length columns operations, all in products. */
export function applyReflectorAt(
  k: Kernels,
  { count, length, v, ldv, t }: BlockReflectorAt,
  transpose: boolean,
  columns: number,
  c: number,
  ldc: number,
  work: number,
): void {
  const second = work + count * columns;
  k.heap.fill(0, work, work + 2 * count * columns);
  k.gemm(false, false, count, columns, length, 1, v, ldv, c, ldc, work, columns, false);
  k.gemm(transpose, false, count, columns, count, 1, t, count, work, columns, second, columns, false);
  k.gemm(true, false, length, columns, count, -1, v, ldv, second, columns, c, ldc, false);
}

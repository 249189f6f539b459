import type { Kernels } from '../../kernels/kernels.js';
import { applyReflectorAt, formTriangleAt, reflectorWork } from '../block-reflector.js';
import { reflectAt } from '../householder.js';

/** Rows reduced before the rest of the matrix is updated by products. */
const BLOCK = 32;

/** A symmetric matrix (its lower triangle) and its reduction Qᵀ A Q = T to tridiagonal form, all in the kernels' memory. */
export interface TridiagonalAt {
  readonly n: number;
  /** Row i keeps the vector of the reflection that reduced it in its first i elements, the last of them one. */
  readonly a: number;
  /** n diagonal elements of T. */
  readonly d: number;
  /** n elements: e[i] couples i and i + 1; the last is unused. */
  readonly e: number;
  /** n elements: tau[i] belongs to row i. */
  readonly tau: number;
}

/** One block: rows `last` … `first`, their images W[i] at w + (i − last) n, and two scratch vectors of BLOCK doubles. */
interface Block {
  readonly first: number;
  readonly last: number;
  readonly w: number;
  readonly along: number;
}

/** Brings row i up to date with the reflections of the rows below it in this block. */
function updateRow(k: Kernels, { n, a }: TridiagonalAt, { first, last, w, along }: Block, i: number): void {
  const h = k.heap;
  const count = first - i;
  const v = a + (i + 1) * n;
  const images = w + (i + 1 - last) * n;
  for (let l = 0; l < count; l++) {
    h[along + l] = h[images + l * n + i]!;
    h[along + BLOCK + l] = h[v + l * n + i]!;
  }
  // Both vectors of a row l > i reach to its element l − 1, hence over all of row i up to its diagonal.
  k.gemvTransposed(count, i + 1, -1, v, n, along, a + i * n);
  k.gemvTransposed(count, i + 1, -1, images, n, along + BLOCK, a + i * n);
}

/** W[i] = tau (A v − Vᵀ (W v) − Wᵀ (V v)), less its part along v, so that H A H = A − v wᵀ − w vᵀ. */
function formImage(k: Kernels, { n, a, tau }: TridiagonalAt, { first, last, w, along }: Block, i: number): void {
  const h = k.heap;
  const count = first - i;
  const v = a + i * n;
  const out = w + (i - last) * n;
  const factor = h[tau + i]!;
  h.fill(0, out, out + n);
  if (factor === 0) return;
  h.fill(0, along, along + 2 * BLOCK);
  const others = v + n;
  const images = out + n;
  k.symv(i, factor, a, n, v, out);
  k.gemv(count, i, 1, images, n, v, along);
  k.gemv(count, i, 1, others, n, v, along + BLOCK);
  k.gemvTransposed(count, i, -factor, others, n, along, out);
  k.gemvTransposed(count, i, -factor, images, n, along + BLOCK, out);
  k.axpy(i, -0.5 * factor * k.dot(i, out, v), v, out);
}

/**
 * Reduces a symmetric matrix to tridiagonal form by reflections, from the last row up; half of the 4 n³/3 operations are products
 * with blocks (Dongarra, Hammarling and Sorensen 1989; LAPACK's dsytrd). `work`: see `tridiagonalWork`.
 */
export function tridiagonalizeAt(k: Kernels, matrix: TridiagonalAt, work: number): void {
  const { n, a, d, e, tau } = matrix;
  const h = k.heap;
  for (let first = n - 1; first >= 0; first -= BLOCK) {
    const last = Math.max(0, first - BLOCK + 1);
    const block = { first, last, w: work, along: work + BLOCK * n };
    for (let i = first; i >= last; i--) {
      updateRow(k, matrix, block, i);
      const row = a + i * n;
      h[d + i] = h[row + i]!;
      if (i === 0) continue;
      h[tau + i] = reflectAt(k, i - 1, row + i - 1, row);
      h[e + i - 1] = h[row + i - 1]!;
      h[row + i - 1] = 1;
      formImage(k, matrix, block, i);
    }
    const count = first - last + 1;
    const v = a + last * n;
    k.gemm(true, false, last, last, count, -1, v, n, work, n, a, n, true);
    k.gemm(true, false, last, last, count, -1, work, n, v, n, a, n, true);
  }
}

/** Doubles of workspace for `tridiagonalizeAt` and for `backTransformAt` of an n x n matrix. */
export function tridiagonalWork(n: number): number {
  return BLOCK * n + BLOCK * BLOCK + 2 * BLOCK + reflectorWork(BLOCK, n);
}

/** Z ← Q Z, Z n x n, with the reflections that `tridiagonalizeAt` left: 2 n³ operations, in blocks. */
export function backTransformAt(k: Kernels, { n, a, tau }: TridiagonalAt, z: number, work: number): void {
  const t = work + BLOCK * n;
  const taus = t + BLOCK * BLOCK;
  for (let from = 1; from < n; from += BLOCK) {
    const count = Math.min(BLOCK, n - from);
    const length = from + count - 1;
    // Q = H(n−1) … H(1): within a block the highest row acts last, so it comes first in the product.
    const h = k.heap;
    for (let j = 0; j < count; j++) {
      const i = from + count - 1 - j;
      const row = work + j * length;
      h.copyWithin(row, a + i * n, a + i * n + i);
      h.fill(0, row + i, row + length);
      h[taus + j] = h[tau + i]!;
    }
    const block = { count, length, v: work, ldv: length, t };
    formTriangleAt(k, block, taus);
    applyReflectorAt(k, block, false, n, z, n, taus + BLOCK);
  }
}

import type { Kernels } from '../../kernels/kernels.js';

/** QL sweeps allowed for one eigenvalue; convergence is cubic, and two or three are the rule. */
const SWEEPS = 80;

const EPSILON = 2 ** -52;

/** √ of the least normal double: a coupling below it, of a matrix scaled to about 1, is nothing, and its square would underflow. */
const TINY = 2 ** -511;

/** The first index m ≥ l whose coupling e[m] is negligible. */
function findSplit(h: Float64Array, d: number, e: number, l: number, n: number): number {
  let m = l;
  for (; m < n - 1; m++) {
    const scale = Math.sqrt(Math.abs(h[d + m]!)) * Math.sqrt(Math.abs(h[d + m + 1]!));
    if (Math.abs(h[e + m]!) <= Math.max(TINY, EPSILON * scale)) break;
  }
  return m;
}

/** One implicit QL sweep with Wilkinson's shift on rows l … m; `rows` ≥ 0 is where the eigenvectors stand, one a row. */
function sweep(k: Kernels, d: number, e: number, l: number, m: number, rows: number, length: number, ld: number): void {
  const h = k.heap;
  let g = (h[d + l + 1]! - h[d + l]!) / (2 * h[e + l]!);
  const r0 = Math.hypot(g, 1);
  g = h[d + m]! - h[d + l]! + h[e + l]! / (g + (g >= 0 ? r0 : -r0));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = s * h[e + i]!;
    const b = c * h[e + i]!;
    const r = Math.hypot(f, g);
    h[e + i + 1] = r;
    if (r === 0) {
      // The matrix splits here: undo the shift and start again from the split.
      h[d + i + 1] = h[d + i + 1]! - p;
      h[e + m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = h[d + i + 1]! - p;
    const q = (h[d + i]! - g) * s + 2 * c * b;
    p = s * q;
    h[d + i + 1] = g + p;
    g = c * q - b;
    if (rows >= 0) k.rotate(length, rows + (i + 1) * ld, rows + i * ld, c, s);
  }
  h[d + l] = h[d + l]! - p;
  h[e + l] = g;
  h[e + m] = 0;
}

/**
 * All eigenvalues of a symmetric tridiagonal matrix scaled to about 1, in place of its diagonal and unsorted, by implicit QL (Golub and Van Loan,
 * section 8.3; EISPACK's imtql2). With `rows` ≥ 0 the rotations act on n rows of `length` at stride ld, the identity on entry for
 * eigenvectors. e is destroyed. False if an eigenvalue has not converged after 80 sweeps.
 */
export function implicitQl(
  k: Kernels,
  n: number,
  d: number,
  e: number,
  rows: number,
  length: number,
  ld: number,
): boolean {
  const h = k.heap;
  if (n > 0) h[e + n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let count = 0; ; count++) {
      const m = findSplit(h, d, e, l, n);
      if (m === l) break;
      if (count === SWEEPS) return false;
      sweep(k, d, e, l, m, rows, length, ld);
    }
  }
  return true;
}

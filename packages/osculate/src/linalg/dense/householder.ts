import type { Kernels } from '../kernels/kernels.js';

/** ‖x‖₂ of n doubles of the heap, by a scaled sum when the squares leave the range of doubles. */
export function normAt(k: Kernels, n: number, x: number): number {
  const sum = k.dot(n, x, x);
  if (sum > 1e-280 && sum < 1e300) return Math.sqrt(sum);
  const h = k.heap;
  let scale = 0;
  for (let i = x; i < x + n; i++) scale = Math.max(scale, Math.abs(h[i]!));
  if (scale === 0) return 0;
  let scaled = 0;
  for (let i = x; i < x + n; i++) scaled += (h[i]! / scale) ** 2;
  return scale * Math.sqrt(scaled);
}

/**
 * The reflection H = I − tau v vᵀ with v = (1, x / (alpha − beta)) that maps (alpha, x) to (beta, 0), beta of the sign opposite to
 * alpha's. x, n doubles, is overwritten by the tail of v and alpha by beta; returns tau, 0 when x is zero (LAPACK's dlarfg).
 */
export function reflectAt(k: Kernels, n: number, alpha: number, x: number): number {
  const h = k.heap;
  const tail = normAt(k, n, x);
  if (tail === 0) return 0;
  const head = h[alpha]!;
  const beta = head > 0 ? -Math.hypot(head, tail) : Math.hypot(head, tail);
  const divisor = head - beta;
  for (let i = x; i < x + n; i++) h[i] = h[i]! / divisor;
  h[alpha] = beta;
  return -divisor / beta;
}

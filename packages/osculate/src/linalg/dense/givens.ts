import type { Kernels } from '../kernels/kernels.js';

/** Rotates two rows of `length` so that the first element of the second becomes zero; its part goes to that of the first. */
export function rotateInto(k: Kernels, target: number, row: number, length: number): void {
  const h = k.heap;
  const x = h[target]!;
  const y = h[row]!;
  if (y === 0) return;
  const r = Math.hypot(x, y);
  k.rotate(length, target, row, x / r, y / r);
  h[target] = r;
  h[row] = 0;
}

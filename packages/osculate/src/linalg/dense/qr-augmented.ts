import type { Kernels } from '../kernels/kernels.js';

/** Rows of the diagonal taken at a time: the work of `foldDiagonal`, for each column. */
export const FOLDED_ROWS = 64;

/** Folds the rows of a diagonal into the triangle at r, row-major with `width` columns of which n are its own. `block` is work. */
export function foldDiagonal(
  k: Kernels,
  n: number,
  width: number,
  r: number,
  diagonal: Float64Array,
  block: number,
): void {
  for (let start = 0; start < n; start += FOLDED_ROWS) {
    const count = Math.min(FOLDED_ROWS, n - start);
    k.heap.fill(0, block, block + (width - start) * FOLDED_ROWS);
    for (let i = 0; i < count; i++) k.heap[block + i * (FOLDED_ROWS + 1)] = diagonal[start + i]!;
    // These rows begin at column `start`, and fill up from there.
    k.appendRows(width - start, Math.ceil(count / 4) * 4, r + start * (width + 1), width, block, FOLDED_ROWS);
  }
}

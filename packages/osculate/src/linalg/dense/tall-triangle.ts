import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';

/** Rows folded at a time, such that 50 columns of them fit the first-level cache. */
const ROWS = 64;

/** Rows read at a time: longer pieces of a column are quicker to copy. */
const STAGE = 4 * ROWS;

/** Distance of the columns there: no power of two, which would put them all into the same places of the cache. */
const STRIDE = STAGE + 8;

/**
 * R of A = Q·R for a tall A of m rows and n columns, without Q: row blocks are folded into the triangle one after the other (the sequential
 * TSQR of Demmel, Grigori, Hoemmen and Langou 2012), as stable as Householder's QR and twice as fast and more, since each block stays in
 * the cache. `read(start, count, into, offset, stride)` writes `count` rows from `start`, the elements of column j from offset + j·stride.
 * Returns R row-major n x n, in `result`. Cost 2mn².
 */
export function tallTriangle(
  m: number,
  n: number,
  read: (start: number, count: number, into: Float64Array, offset: number, stride: number) => void,
  result: Float64Array,
  options: KernelOptions = {},
): void {
  const k = kernelsFor(options);
  withMemory(k, n * n + n * STRIDE, (r) => {
    const h = k.heap;
    const stage = r + n * n;
    h.fill(0, r, stage);
    for (let start = 0; start < m; start += STAGE) {
      const count = Math.min(STAGE, m - start);
      read(start, count, h, stage, STRIDE);
      const whole = Math.ceil(count / 4) * 4;
      if (whole > count) for (let j = 0; j < n; j++) h.fill(0, stage + j * STRIDE + count, stage + j * STRIDE + whole);
      for (let row = 0; row < whole; row += ROWS) {
        k.appendRows(n, Math.min(ROWS, whole - row), r, n, stage + row, STRIDE);
      }
    }
    result.set(h.subarray(r, stage));
  });
}

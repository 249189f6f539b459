import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';

/** Rows taken at a time, such that 50 columns of them fit the first-level cache. */
const ROWS = 64;

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
  withMemory(k, n * n + n * ROWS, (r) => {
    const h = k.heap;
    const block = r + n * n;
    h.fill(0, r, block);
    for (let start = 0; start < m; start += ROWS) {
      const count = Math.min(ROWS, m - start);
      read(start, count, h, block, ROWS);
      const even = count + (count % 2);
      if (even > count) for (let j = 0; j < n; j++) h[block + j * ROWS + count] = 0;
      k.appendRows(n, even, r, n, block, ROWS);
    }
    result.set(h.subarray(r, block));
  });
}

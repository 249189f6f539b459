import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { eachRowBlock, type ReadRows, STRIDE } from './row-blocks.js';

/**
 * R of A = Q·R for a tall A of m rows and n columns, without Q: row blocks are folded into the triangle one after the other (the sequential
 * TSQR of Demmel, Grigori, Hoemmen and Langou 2012), as stable as Householder's QR and twice as fast and more, since each block stays in
 * the cache. Returns R row-major n x n, in `result`. Cost 2mn².
 */
export function tallTriangle(
  m: number,
  n: number,
  read: ReadRows,
  result: Float64Array,
  options: KernelOptions = {},
): void {
  const k = kernelsFor(options);
  withMemory(k, n * n + n * STRIDE, (r) => {
    const stage = r + n * n;
    k.heap.fill(0, r, stage);
    eachRowBlock(k, m, n, read, stage, (rows, at) => k.appendRows(n, rows, r, n, at, STRIDE));
    result.set(k.heap.subarray(r, stage));
  });
}

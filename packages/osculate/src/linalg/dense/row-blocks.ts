import type { Kernels } from '../kernels/kernels.js';

/** Rows in a block, such that 50 columns of them fit the first-level cache. */
const ROWS = 64;

/** Rows read at a time: longer pieces of a column are quicker to copy. */
const STAGE = 4 * ROWS;

/** Distance of the columns there: no power of two, which would put them all into the same places of the cache. */
export const STRIDE = STAGE + 8;

/** Writes `count` rows of a matrix from `start`, the elements of column j from offset + j·stride. */
export type ReadRows = (start: number, count: number, into: Float64Array, offset: number, stride: number) => void;

/**
 * Visits a tall matrix of m rows and n columns in blocks of at most `ROWS` rows, each in the kernels' memory at `at`, its columns `STRIDE`
 * apart and completed by zeros to a multiple of 4 rows. `stage` is n·STRIDE doubles to hold them.
 */
export function eachRowBlock(
  { heap }: Kernels,
  m: number,
  n: number,
  read: ReadRows,
  stage: number,
  visit: (rows: number, at: number) => void,
): void {
  for (let start = 0; start < m; start += STAGE) {
    const count = Math.min(STAGE, m - start);
    read(start, count, heap, stage, STRIDE);
    const whole = Math.ceil(count / 4) * 4;
    if (whole > count) for (let j = 0; j < n; j++) heap.fill(0, stage + j * STRIDE + count, stage + j * STRIDE + whole);
    for (let row = 0; row < whole; row += ROWS) visit(Math.min(ROWS, whole - row), stage + row);
  }
}

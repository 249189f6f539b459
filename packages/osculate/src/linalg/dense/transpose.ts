/** Side of the tiles that a transposition goes through, so that both sides stay in the cache. */
const TILE = 16;

/** The rows x columns block at `from` (stride ldf), transposed, to `to` (stride ldt) of the same array, or of `target`. */
export function transposeAt(
  h: Float64Array,
  rows: number,
  columns: number,
  from: number,
  ldf: number,
  to: number,
  ldt: number,
  target = h,
): void {
  for (let i0 = 0; i0 < rows; i0 += TILE) {
    const iEnd = Math.min(rows, i0 + TILE);
    for (let j0 = 0; j0 < columns; j0 += TILE) {
      const jEnd = Math.min(columns, j0 + TILE);
      for (let i = i0; i < iEnd; i++) for (let j = j0; j < jEnd; j++) target[to + j * ldt + i] = h[from + i * ldf + j]!;
    }
  }
}

/** n columns of m that follow each other as m rows of n, in memory of its own. */
export function rowsOfColumns(columns: Float64Array, m: number, n: number): Float64Array {
  const result = new Float64Array(m * n);
  transposeAt(columns, n, m, 0, m, 0, n, result);
  return result;
}

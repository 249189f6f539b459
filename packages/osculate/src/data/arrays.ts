import type { NDArray } from '../tensor/ndarray.js';
import { checkArray, checkRows, commonRows, type RowArrays, type RowSource, type Rows } from './source.js';
import { take } from './take.js';

/** A source that answers at once. */
export interface ArraySource extends RowSource {
  read(rows: Rows): RowArrays;
}

function areConsecutive(rows: Rows): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i] !== rows[0]! + i) return false;
  return rows.length > 0;
}

/** Consecutive rows in place. */
function range(array: NDArray, from: number, rows: number): NDArray {
  const count = array.shape[0]!;
  if (rows === count) return array;
  const width = array.data.length / count;
  const data = array.data.subarray(from * width, (from + rows) * width);
  return { ...array, shape: [rows, ...array.shape.slice(1)], data } as NDArray;
}

/**
 * A source of the rows of arrays in memory, which have as many rows. Consecutive rows are views of the arrays, others are copied.
 * @throws ShapeError for scalars, for arrays with different numbers of rows, and for data that do not fill their shape; DTypeError for data of another dtype.
 * @example
 * const source = arrays({ x: ndarray('f32', [[1], [2], [3]]), y: ndarray('i32', [0, 1, 1]) });
 * source.read([2, 0]).y; // the classes 1, 0
 */
export function arrays(fields: Readonly<Record<string, NDArray>>): ArraySource {
  const entries = Object.entries(fields);
  for (const [name, array] of entries) checkArray('arrays', name, array);
  const rows = commonRows('arrays', Object.fromEntries(entries.map(([name, { shape }]) => [name, shape])));
  return {
    inMemory: true,
    rows,
    fields: Object.fromEntries(entries.map(([name, { dtype, shape }]) => [name, { dtype, shape: shape.slice(1) }])),
    read(wanted) {
      const inPlace = areConsecutive(wanted);
      if (inPlace) checkRows('arrays', [wanted[0]!, wanted[0]! + wanted.length - 1], rows);
      const read = (array: NDArray): NDArray =>
        inPlace ? range(array, wanted[0]!, wanted.length) : take(array, wanted);
      return Object.fromEntries(entries.map(([name, array]) => [name, read(array)]));
    },
  };
}

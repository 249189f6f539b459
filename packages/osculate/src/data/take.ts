import { type AnyTypedArray, allocate } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { showShape } from '../tensor/shape.js';

/** `TypedArray.set` of two arrays of one type, which TypeScript cannot see here. */
type Settable = { set(source: AnyTypedArray, offset: number): void };

function isEveryRow(rows: ArrayLike<number>, count: number): boolean {
  if (rows.length !== count) return false;
  for (let i = 0; i < count; i++) if (rows[i] !== i) return false;
  return true;
}

function badRow({ shape }: NDArray, rows: ArrayLike<number>): InputError {
  const bad = Array.from(rows).find((row) => !(Number.isInteger(row) && row >= 0 && row < shape[0]!));
  return new InputError(`take: row ${bad} is not in an array of shape ${showShape(shape)}`);
}

/**
 * The chosen rows (indices along axis 0, in any order, repeats allowed) as a fresh array `[rows.length, …]`. When `rows` is
 * exactly 0 … n−1 the array itself is returned, so that full-batch work copies nothing.
 * @throws InputError for a scalar, or for a row that is not in 0 … n−1.
 * @example
 * take(ndarray('f64', [[1, 2], [3, 4], [5, 6]]), [2, 0]); // [5, 6, 1, 2]
 */
export function take<A extends NDArray>(array: A, rows: ArrayLike<number>): A {
  const count = array.shape[0];
  if (count === undefined) throw new InputError('take: a scalar has no rows');
  if (isEveryRow(rows, count)) return array;
  const width = count === 0 ? 0 : array.data.length / count;
  const data = allocate(array.dtype, rows.length * width);
  for (let i = 0; i < rows.length; ) {
    const first = rows[i]!;
    let run = 1;
    while (i + run < rows.length && rows[i + run] === first + run) run++;
    if (!(Number.isInteger(first) && first >= 0 && first + run <= count)) throw badRow(array, rows);
    // Consecutive rows are consecutive memory: one copy a run.
    (data as Settable).set(array.data.subarray(first * width, (first + run) * width), i * width);
    i += run;
  }
  return { ...array, shape: [rows.length, ...array.shape.slice(1)], data };
}

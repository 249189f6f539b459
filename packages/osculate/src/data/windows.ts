import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';

/**
 * Cuts a sequence of ids into consecutive, disjoint windows for next-token prediction: `x[i]` is `length` ids and `y[i]` the ids one
 * place later, both `[windows, length]`. What does not fill a window at the end is left out.
 * @throws InputError when the sequence is too short for one window.
 * @example
 * const { x, y } = windows(ndarray('i32', [1, 2, 3, 4, 5]), 2);
 * x; // [1, 2, 3, 4]
 * y; // [2, 3, 4, 5]
 */
export function windows(ids: NDArray<'i32'>, length: number): { x: NDArray<'i32'>; y: NDArray<'i32'> } {
  const count = Math.floor((ids.data.length - 1) / length);
  if (!(Number.isSafeInteger(length) && length >= 1 && count >= 1)) {
    throw new InputError(`windows: a sequence of ${ids.data.length} ids has no window of ${length} and one more`);
  }
  const cut = (from: number): NDArray<'i32'> => ({
    dtype: 'i32',
    shape: [count, length],
    data: ids.data.slice(from, from + count * length),
  });
  return { x: cut(0), y: cut(1) };
}

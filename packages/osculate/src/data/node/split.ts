import { InputError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { generator } from '../../tensor/random.js';
import { take } from '../take.js';

/** Inputs and targets, one row an example. */
export interface Examples<Y extends 'i32' = 'i32'> {
  readonly x: NDArray<'f32'>;
  readonly y: NDArray<Y>;
}

export interface Split {
  readonly train: Examples;
  readonly test: Examples;
}

/** Shuffles the examples by `seed` and keeps the last `test` of them for testing. */
export function shuffledSplit({ x, y }: Examples, test: number, seed: number): Split {
  const total = x.shape[0]!;
  if (!(Number.isInteger(test) && test >= 0 && test <= total)) {
    throw new InputError(`test: ${test} of ${total} examples cannot be kept for testing`);
  }
  const order = generator(seed).permutation(total);
  const pick = (rows: Uint32Array): Examples => ({ x: take(x, rows), y: take(y, rows) });
  return { train: pick(order.subarray(0, total - test)), test: pick(order.subarray(total - test)) };
}

import type { OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { generator } from '../../tensor/random.js';
import { take } from '../take.js';

/** Images and their classes, one row an example. */
export interface Examples {
  /** The images, `[rows, pixels]`. */
  readonly x: NDArray<'f32'>;
  /** The classes, `[rows]`. */
  readonly y: NDArray<'i32'>;
}

/** Labelled images, to train on and to test with. */
export interface ImageSet {
  /** The images to train on. */
  readonly train: Examples;
  /** The images to test with. */
  readonly test: Examples;
}

/** How a set of images is found and split. */
export interface ImageSetOptions {
  /** How many images to keep for testing. */
  readonly test?: number;
  /** Shuffles and splits (default 0). */
  readonly seed?: number;
  /** A folder from which to look for the npm package first. */
  readonly from?: string;
}

export const imageSetOptions: OptionNames<ImageSetOptions> = { test: 1, seed: 1, from: 1 };

/** Shuffles the examples by `seed` and keeps the last `test` of them for testing. */
export function shuffledSplit({ x, y }: Examples, test: number, seed: number): ImageSet {
  const total = x.shape[0]!;
  if (!(Number.isInteger(test) && test >= 0 && test <= total)) {
    throw new InputError(`test: ${test} of ${total} examples cannot be kept for testing`);
  }
  const order = generator(seed).permutation(total);
  const pick = (rows: Uint32Array): Examples => ({ x: take(x, rows), y: take(y, rows) });
  return { train: pick(order.subarray(0, total - test)), test: pick(order.subarray(total - test)) };
}

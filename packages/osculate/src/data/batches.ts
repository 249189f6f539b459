import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { Generator } from '../tensor/random.js';

export interface BatchOptions {
  /** Leaves out a last batch that is not full (default false). */
  readonly dropLast?: boolean;
}

const batchOptions: OptionNames<BatchOptions> = { dropLast: 1 };

function* slices(order: Uint32Array, size: number, dropLast: boolean): IterableIterator<Uint32Array> {
  const end = dropLast ? order.length - (order.length % size) : order.length;
  for (let from = 0; from < end; from += size) yield order.subarray(from, Math.min(from + size, end));
}

/**
 * One epoch: the rows 0 … n−1 in an order drawn from the generator, in batches of `size`. The order is drawn by the call, not
 * while iterating, so the generator's state before the call determines the epoch whatever else draws from it meanwhile: to
 * resume, save that state and the number of batches done.
 * @throws InputError unless n ≥ 0 and size ≥ 1 are integers.
 * @example
 * for (const rows of batches(objective.rows, 8, generator(0))) {
 *   const { value } = await objective.valueAndGradient(theta, rows);
 * }
 */
export function batches(
  n: number,
  size: number,
  generator: Generator,
  options: BatchOptions = {},
): IterableIterator<Uint32Array> {
  checkNames('batches', options, batchOptions);
  if (!Number.isSafeInteger(n) || n < 0) throw new InputError(`batches: ${n} is not a number of rows`);
  if (!Number.isSafeInteger(size) || size < 1)
    throw new InputError(`batches: ${size} is not a batch size of 1 or more`);
  return slices(generator.permutation(n), size, options.dropLast ?? false);
}

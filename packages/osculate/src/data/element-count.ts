import { InputError } from '../tensor/errors.js';

/**
 * The product of dimensions that a file states. Files are not trusted: every dimension and the product must be safe
 * integers, and the caller compares the product with the bytes at hand before it takes memory.
 */
export function elementCount(dims: readonly unknown[], what: string): number {
  let count = 1;
  for (const d of dims) {
    if (typeof d !== 'number' || !Number.isSafeInteger(d) || d < 0) {
      throw new InputError(`${what}: ${JSON.stringify(d)} is not a dimension`);
    }
    count *= d;
    if (!Number.isSafeInteger(count)) throw new InputError(`${what}: shape [${dims.join(', ')}] is too large`);
  }
  return count;
}

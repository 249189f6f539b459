import { describe } from '../tensor/describe.js';
import { type DType, isInteger } from '../tensor/dtype.js';
import { DTypeError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { checkIndices, range } from './indices.js';

/**
 * Rows of the unit matrix by integer indices: `[…]` → `[…, depth]`, 1 where the last index equals the element and 0
 * elsewhere. An index outside [0, depth) gives a row of zeros, as in ONNX; a constant one is refused.
 * @throws DTypeError unless the indices are integers, InputError for constant ones out of range.
 */
export function oneHot(indices: Tensor, depth: number, dtype: DType): Tensor {
  if (!isInteger(indices.dtype)) throw new DTypeError(`oneHot: indices must be i32 or i64, got ${describe(indices)}`);
  if (!Number.isSafeInteger(depth) || depth < 0) {
    throw new ShapeError(`oneHot of ${describe(indices)}: depth ${depth} is not a non-negative integer`);
  }
  checkIndices('oneHot', indices, depth);
  return indices
    .reshape([...indices.shape, 1])
    .equal(range(indices.dtype, depth))
    .cast(dtype);
}

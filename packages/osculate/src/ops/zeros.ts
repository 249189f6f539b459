import type { DType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';
import type { Shape } from '../tensor/shape.js';
import { expand } from './expand.js';

/** Zeros of a shape, which take no memory in the graph. */
export function zeros(dtype: DType, shape: Shape): Tensor {
  return expand(full(0, dtype), shape);
}

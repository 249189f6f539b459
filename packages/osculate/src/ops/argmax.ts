import type { Tensor } from '../tensor/ir.js';
import { argExtremum, argOp } from './arg-extremum.js';

export const argmaxOp = argOp('argmax', 'ArgMax', 1);

/**
 * Index (i64) of the largest element along an axis, the first of several; it has no derivative.
 * @throws ShapeError where there is no element.
 */
export function argmax(x: Tensor, axis = -1, keepDims = false): Tensor {
  return argExtremum(argmaxOp, x, axis, keepDims);
}

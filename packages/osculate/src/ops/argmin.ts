import type { Tensor } from '../tensor/ir.js';
import { argExtremum, argOp } from './arg-extremum.js';

export const argminOp = argOp('argmin', 'ArgMin', -1);

/**
 * Index (i64) of the smallest element along an axis, the first of several; it has no derivative.
 * @throws ShapeError where there is no element.
 */
export function argmin(x: Tensor, axis = -1, keepDims = false): Tensor {
  return argExtremum(argminOp, x, axis, keepDims);
}

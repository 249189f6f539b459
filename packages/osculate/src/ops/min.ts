import type { Tensor } from '../tensor/ir.js';
import { extremum, extremumOp } from './extremum.js';

export const minOp = extremumOp('min', {
  onnx: 'ReduceMin',
  init: Infinity,
  step: { fn: Math.min, js: (a, x) => `Math.min(${a}, ${x})` },
});

/**
 * The smallest element over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`. Its
 * derivative goes to the smallest elements, in equal parts where there are several.
 * @throws ShapeError where there is no element.
 */
export function min(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return extremum(minOp, x, axes, keepDims);
}

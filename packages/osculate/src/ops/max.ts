import type { Tensor } from '../tensor/ir.js';
import { extremum, extremumOp } from './extremum.js';

export const maxOp = extremumOp('max', {
  onnx: 'ReduceMax',
  init: -Infinity,
  step: { fn: Math.max, js: (a, x) => `Math.max(${a}, ${x})` },
});

/**
 * The largest element over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`. Its
 * derivative goes to the largest elements, in equal parts where there are several.
 * @throws ShapeError where there is no element.
 */
export function max(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return extremum(maxOp, x, axes, keepDims);
}

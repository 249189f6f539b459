import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const floorOp = unaryOp('floor', {
  scalar: { fn: Math.floor, js: (x) => `Math.floor(${x})` },
  onnx: 'Floor',
});

/** Largest integer not above x; no derivative. */
export function floor(x: Tensor): Tensor {
  return apply1(floorOp, [x], noAttrs);
}

import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const ceilOp = unaryOp('ceil', {
  scalar: { fn: Math.ceil, js: (x) => `Math.ceil(${x})` },
  onnx: 'Ceil',
});

/** Smallest integer not below x; no derivative. */
export function ceil(x: Tensor): Tensor {
  return apply1(ceilOp, [x], noAttrs);
}

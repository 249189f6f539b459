import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const reluOp = unaryOp('relu', {
  jvp: (t, x) => t.mul(x.greater(0).cast(x.dtype)),
  scalar: { fn: (x) => Math.max(x, 0), js: (x) => `Math.max(${x}, 0)` },
  onnx: 'Relu',
});

/** max(x, 0); derivative 1 where x > 0, 0 elsewhere. */
export function relu(x: Tensor): Tensor {
  return apply1(reluOp, [x], noAttrs);
}

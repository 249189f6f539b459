import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const sinOp = unaryOp('sin', {
  jvp: (t, x) => t.mul(x.cos()),
  scalar: { fn: Math.sin, js: (x) => `Math.sin(${x})` },
  onnx: 'Sin',
});

/** Sine. */
export function sin(x: Tensor): Tensor {
  return apply1(sinOp, [x], noAttrs);
}

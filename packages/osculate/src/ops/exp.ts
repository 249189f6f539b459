import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const expOp = unaryOp('exp', {
  jvp: (t, _x, y) => t.mul(y),
  scalar: { fn: Math.exp, js: (x) => `Math.exp(${x})` },
  onnx: 'Exp',
});

/** eˣ. */
export function exp(x: Tensor): Tensor {
  return apply1(expOp, [x], noAttrs);
}

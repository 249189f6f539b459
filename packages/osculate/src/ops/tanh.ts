import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const tanhOp = unaryOp('tanh', {
  jvp: (t, _x, y) => t.mul(y.mul(y).neg().add(1)),
  scalar: { fn: Math.tanh, js: (x) => `Math.tanh(${x})` },
  onnx: 'Tanh',
});

/** Hyperbolic tangent; derivative 1 − tanh²(x). */
export function tanh(x: Tensor): Tensor {
  return apply1(tanhOp, [x], noAttrs);
}

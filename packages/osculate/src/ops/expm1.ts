import { apply1, type Tensor } from '../tensor/ir.js';
import { decomposed, noAttrs, unaryOp } from './elementwise.js';

export const expm1Op = unaryOp('expm1', {
  jvp: (t, _x, y) => t.mul(y.add(1)),
  scalar: { fn: Math.expm1, js: (x) => `Math.expm1(${x})` },
  // Without cancellation anywhere, as eˣ − 1 = tanh(x/2)·(eˣ + 1).
  onnx: decomposed(([x]) => x!.mul(0.5).tanh().mul(x!.exp().add(1))),
});

/** eˣ − 1, accurate near 0; derivative eˣ. */
export function expm1(x: Tensor): Tensor {
  return apply1(expm1Op, [x], noAttrs);
}

import { apply1, type Tensor } from '../tensor/ir.js';
import { decomposed, noAttrs, unaryOp } from './elementwise.js';

export const expm1Op = unaryOp('expm1', {
  jvp: (t, _x, y) => t.mul(y.add(1)),
  scalar: { fn: Math.expm1, js: (x) => `Math.expm1(${x})` },
  // eˣ − 1 = tanh(x/2)·(eˣ + 1) has no cancellation; the clip is for kernels of tanh that overshoot 1 by a rounding error.
  onnx: decomposed(([x]) => x!.mul(0.5).tanh().clip(-1, 1).mul(x!.exp().add(1))),
});

/** eˣ − 1, accurate near 0; derivative eˣ. */
export function expm1(x: Tensor): Tensor {
  return apply1(expm1Op, [x], noAttrs);
}

import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, noAttrs, unaryOp } from './elementwise.js';

/** (e^|x| + e^−|x|)/2 by the root of e^|x|, which does not overflow before the result. */
function expression(x: Tensor): Tensor {
  const root = x.abs().mul(0.5).exp();
  const half = root.mul(0.5).mul(root);
  return half.add(half.reciprocal().mul(0.25));
}

export const coshOp = unaryOp('cosh', {
  jvp: (t, x) => t.mul(x.sinh()),
  scalar: { fn: Math.cosh, js: (x) => `Math.cosh(${x})` },
  onnx: f32Kernel('Cosh', expression),
});

/** Hyperbolic cosine; derivative sinh(x). */
export function cosh(x: Tensor): Tensor {
  return apply1(coshOp, [x], noAttrs);
}

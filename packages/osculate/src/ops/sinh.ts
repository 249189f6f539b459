import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, noAttrs, unaryOp } from './elementwise.js';

export const sinhOp = unaryOp('sinh', {
  jvp: (t, x) => t.mul(x.cosh()),
  scalar: { fn: Math.sinh, js: (x) => `Math.sinh(${x})` },
  onnx: f32Kernel('Sinh', (x) => x.tanh().mul(x.cosh())),
});

/** Hyperbolic sine; derivative cosh(x). */
export function sinh(x: Tensor): Tensor {
  return apply1(sinhOp, [x], noAttrs);
}

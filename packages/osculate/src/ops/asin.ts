import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, noAttrs, unaryOp } from './elementwise.js';

/** √(1 − x²), accurate near ±1: the cosine of the arc. */
export function cosine(x: Tensor): Tensor {
  return x.neg().add(1).mul(x.add(1)).sqrt();
}

export const asinOp = unaryOp('asin', {
  jvp: (t, x) => t.mul(cosine(x).reciprocal()),
  scalar: { fn: Math.asin, js: (x) => `Math.asin(${x})` },
  onnx: f32Kernel('Asin', (x) => x.div(cosine(x)).atan()),
});

/** Arc sine of x in [−1, 1]; derivative 1/√(1 − x²). */
export function asin(x: Tensor): Tensor {
  return apply1(asinOp, [x], noAttrs);
}

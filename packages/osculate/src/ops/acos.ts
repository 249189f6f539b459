import { apply1, type Tensor } from '../tensor/ir.js';
import { cosine } from './asin.js';
import { f32Kernel, noAttrs, unaryOp } from './elementwise.js';

export const acosOp = unaryOp('acos', {
  jvp: (t, x) => t.mul(cosine(x).reciprocal().neg()),
  scalar: { fn: Math.acos, js: (x) => `Math.acos(${x})` },
  onnx: f32Kernel('Acos', (x) => x.neg().add(1).div(x.add(1)).sqrt().atan().mul(2)),
});

/** Arc cosine of x in [−1, 1]; derivative −1/√(1 − x²). */
export function acos(x: Tensor): Tensor {
  return apply1(acosOp, [x], noAttrs);
}

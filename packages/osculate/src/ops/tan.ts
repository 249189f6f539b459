import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, noAttrs, unaryOp } from './elementwise.js';

export const tanOp = unaryOp('tan', {
  jvp: (t, _x, y) => t.mul(y.mul(y).add(1)),
  scalar: { fn: Math.tan, js: (x) => `Math.tan(${x})` },
  onnx: f32Kernel('Tan', (x) => x.sin().div(x.cos())),
});

/** Tangent; derivative 1 + tan²(x). */
export function tan(x: Tensor): Tensor {
  return apply1(tanOp, [x], noAttrs);
}

import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const cosOp = unaryOp('cos', {
  jvp: (t, x) => t.mul(x.sin().neg()),
  scalar: { fn: Math.cos, js: (x) => `Math.cos(${x})` },
  onnx: 'Cos',
});

/** Cosine. */
export function cos(x: Tensor): Tensor {
  return apply1(cosOp, [x], noAttrs);
}

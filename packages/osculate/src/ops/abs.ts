import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const absOp = unaryOp('abs', {
  jvp: (t, x) => t.mul(x.sign()),
  scalar: { fn: Math.abs, js: (x) => `Math.abs(${x})` },
  onnx: 'Abs',
  accepts: 'number',
});

/** |x|; derivative sign(x), 0 at 0. */
export function abs(x: Tensor): Tensor {
  return apply1(absOp, [x], noAttrs);
}

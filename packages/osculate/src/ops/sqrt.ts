import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const sqrtOp = unaryOp('sqrt', {
  jvp: (t, _x, y) => t.mul(0.5).div(y),
  scalar: { fn: Math.sqrt, js: (x) => `Math.sqrt(${x})` },
  onnx: 'Sqrt',
});

/** √x; derivative 1/(2√x). */
export function sqrt(x: Tensor): Tensor {
  return apply1(sqrtOp, [x], noAttrs);
}

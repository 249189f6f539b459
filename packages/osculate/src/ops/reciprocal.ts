import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const reciprocalOp = unaryOp('reciprocal', {
  jvp: (t, _x, y) => t.mul(y.mul(y).neg()),
  scalar: { fn: (x) => 1 / x, js: (x) => `(1 / ${x})` },
  onnx: 'Reciprocal',
});

/** 1/x; derivative −1/x². */
export function reciprocal(x: Tensor): Tensor {
  return apply1(reciprocalOp, [x], noAttrs);
}

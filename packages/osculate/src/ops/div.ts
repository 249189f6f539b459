import { isFloat } from '../tensor/dtype.js';
import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const divOp = binaryOp('div', {
  jvp: [(t, _x, y) => t.div(y), (t, _x, y, out) => t.mul(out.div(y).neg())],
  transpose: [(ct, y) => ct.div(y), null],
  scalar: (dtype) =>
    isFloat(dtype)
      ? { fn: (x, y) => x / y, js: (x, y) => `(${x} / ${y})` }
      : { fn: (x, y) => Math.trunc(x / y), js: (x, y) => `Math.trunc(${x} / ${y})` },
  onnx: 'Div',
});

/** x / y elementwise, with broadcasting. Integers truncate towards zero; their division by 0 is not defined. */
export function div(x: Tensor, y: Tensor): Tensor {
  return apply1(divOp, [x, y], noAttrs);
}

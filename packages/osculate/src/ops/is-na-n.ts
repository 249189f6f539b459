import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const isNaNOp = unaryOp('isNaN', {
  scalar: { fn: (x) => (Number.isNaN(x) ? 1 : 0), js: (x) => `(${x} !== ${x} ? 1 : 0)` },
  onnx: 'IsNaN',
  predicate: true,
});

/** Where x is not a number, as booleans; no derivative. */
function isNotANumber(x: Tensor): Tensor {
  return apply1(isNaNOp, [x], noAttrs);
}

export { isNotANumber as isNaN };

import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const logicalNotOp = unaryOp('logicalNot', {
  scalar: { fn: (x) => (x === 0 ? 1 : 0), js: (x) => `(${x} === 0 ? 1 : 0)` },
  onnx: 'Not',
  accepts: 'bool',
});

/** Logical negation of booleans. */
export function logicalNot(x: Tensor): Tensor {
  return apply1(logicalNotOp, [x], noAttrs);
}

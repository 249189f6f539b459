import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const logicalOrOp = binaryOp('logicalOr', {
  predicate: true,
  accepts: 'bool',
  scalar: { fn: (x, y) => x | y, js: (x, y) => `(${x} | ${y})` },
  onnx: 'Or',
});

/** Either, elementwise, with broadcasting. */
export function logicalOr(x: Tensor, y: Tensor): Tensor {
  return apply1(logicalOrOp, [x, y], noAttrs);
}

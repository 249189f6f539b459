import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const logicalAndOp = binaryOp('logicalAnd', {
  predicate: true,
  accepts: 'bool',
  scalar: { fn: (x, y) => x & y, js: (x, y) => `(${x} & ${y})` },
  onnx: 'And',
});

/** Both, elementwise, with broadcasting. */
export function logicalAnd(x: Tensor, y: Tensor): Tensor {
  return apply1(logicalAndOp, [x, y], noAttrs);
}

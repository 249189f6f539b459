import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const equalOp = binaryOp('equal', {
  predicate: true,
  accepts: 'any',
  scalar: { fn: (x, y) => (x === y ? 1 : 0), js: (x, y) => `(${x} === ${y} ? 1 : 0)` },
  onnx: 'Equal',
});

/** x = y elementwise, as booleans, with broadcasting; no derivative. */
export function equal(x: Tensor, y: Tensor): Tensor {
  return apply1(equalOp, [x, y], noAttrs);
}

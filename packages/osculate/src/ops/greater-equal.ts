import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const greaterEqualOp = binaryOp('greaterEqual', {
  predicate: true,
  scalar: { fn: (x, y) => (x >= y ? 1 : 0), js: (x, y) => `(${x} >= ${y} ? 1 : 0)` },
  onnx: 'GreaterOrEqual',
});

/** x >= y elementwise, as booleans, with broadcasting; no derivative. */
export function greaterEqual(x: Tensor, y: Tensor): Tensor {
  return apply1(greaterEqualOp, [x, y], noAttrs);
}

import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const lessOp = binaryOp('less', {
  predicate: true,
  scalar: { fn: (x, y) => (x < y ? 1 : 0), js: (x, y) => `(${x} < ${y} ? 1 : 0)` },
  onnx: 'Less',
});

/** x < y elementwise, as booleans, with broadcasting; no derivative. */
export function less(x: Tensor, y: Tensor): Tensor {
  return apply1(lessOp, [x, y], noAttrs);
}

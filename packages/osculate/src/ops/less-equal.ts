import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const lessEqualOp = binaryOp('lessEqual', {
  predicate: true,
  scalar: { fn: (x, y) => (x <= y ? 1 : 0), js: (x, y) => `(${x} <= ${y} ? 1 : 0)` },
  onnx: 'LessOrEqual',
});

/** x <= y elementwise, as booleans, with broadcasting; no derivative. */
export function lessEqual(x: Tensor, y: Tensor): Tensor {
  return apply1(lessEqualOp, [x, y], noAttrs);
}

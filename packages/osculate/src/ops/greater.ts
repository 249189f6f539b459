import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const greaterOp = binaryOp('greater', {
  predicate: true,
  scalar: { fn: (x, y) => (x > y ? 1 : 0), js: (x, y) => `(${x} > ${y} ? 1 : 0)` },
  onnx: 'Greater',
});

/** x > y elementwise, as booleans, with broadcasting; no derivative. */
export function greater(x: Tensor, y: Tensor): Tensor {
  return apply1(greaterOp, [x, y], noAttrs);
}

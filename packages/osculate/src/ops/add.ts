import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const addOp = binaryOp('add', {
  jvp: [(t) => t, (t) => t],
  transpose: [(ct) => ct, (ct) => ct],
  scalar: { fn: (x, y) => x + y, js: (x, y) => `(${x} + ${y})` },
  onnx: 'Add',
});

/** x + y elementwise, with broadcasting. What integers do on overflow is not defined. */
export function add(x: Tensor, y: Tensor): Tensor {
  return apply1(addOp, [x, y], noAttrs);
}

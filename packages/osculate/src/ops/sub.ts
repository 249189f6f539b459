import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const subOp = binaryOp('sub', {
  jvp: [(t) => t, (t) => t.neg()],
  transpose: [(ct) => ct, (ct) => ct.neg()],
  scalar: { fn: (x, y) => x - y, js: (x, y) => `(${x} - ${y})` },
  onnx: 'Sub',
});

/** x − y elementwise, with broadcasting. What integers do on overflow is not defined. */
export function sub(x: Tensor, y: Tensor): Tensor {
  return apply1(subOp, [x, y], noAttrs);
}

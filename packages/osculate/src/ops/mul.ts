import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const mulOp = binaryOp('mul', {
  jvp: [(t, _x, y) => t.mul(y), (t, x) => t.mul(x)],
  transpose: [(ct, y) => ct.mul(y), (ct, x) => ct.mul(x)],
  scalar: { fn: (x, y) => x * y, js: (x, y) => `(${x} * ${y})` },
  onnx: 'Mul',
});

/** x · y elementwise, with broadcasting. What integers do on overflow is not defined. */
export function mul(x: Tensor, y: Tensor): Tensor {
  return apply1(mulOp, [x, y], noAttrs);
}

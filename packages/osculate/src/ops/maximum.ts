import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

/** Share of the derivative that goes to x: 1 where it is the result, 1/2 where both are. */
function share(x: Tensor, y: Tensor): Tensor {
  return x.greater(y).cast(x.dtype).add(x.greaterEqual(y).cast(x.dtype)).mul(0.5);
}

export const maximumOp = binaryOp('maximum', {
  jvp: [(t, x, y) => t.mul(share(x, y)), (t, x, y) => t.mul(share(y, x))],
  scalar: { fn: Math.max, js: (x, y) => `Math.max(${x}, ${y})` },
  onnx: 'Max',
});

/** The larger of x and y elementwise, with broadcasting; where they are equal each gets half of the derivative. */
export function maximum(x: Tensor, y: Tensor): Tensor {
  return apply1(maximumOp, [x, y], noAttrs);
}

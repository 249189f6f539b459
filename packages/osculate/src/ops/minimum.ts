import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, noAttrs } from './elementwise.js';

/** Share of the derivative that goes to x: 1 where it is the result, 1/2 where both are. */
function share(x: Tensor, y: Tensor): Tensor {
  return x.less(y).cast(x.dtype).add(x.lessEqual(y).cast(x.dtype)).mul(0.5);
}

export const minimumOp = binaryOp('minimum', {
  jvp: [(t, x, y) => t.mul(share(x, y)), (t, x, y) => t.mul(share(y, x))],
  scalar: { fn: Math.min, js: (x, y) => `Math.min(${x}, ${y})` },
  onnx: 'Min',
});

/** The smaller of x and y elementwise, with broadcasting; where they are equal each gets half of the derivative. */
export function minimum(x: Tensor, y: Tensor): Tensor {
  return apply1(minimumOp, [x, y], noAttrs);
}

import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, noAttrs, unaryOp } from './elementwise.js';

export const softplusOp = unaryOp('softplus', {
  jvp: (t, x) => t.mul(x.sigmoid()),
  scalar: {
    fn: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    js: (x) => `(Math.max(${x}, 0) + Math.log1p(Math.exp(-Math.abs(${x}))))`,
  },
  onnx: f32Kernel('Softplus', (x) => x.relu().add(x.abs().neg().exp().log1p())),
});

/** log(1 + eˣ) = max(x, 0) + log1p(e^−|x|), stable for all x; derivative sigmoid(x). */
export function softplus(x: Tensor): Tensor {
  return apply1(softplusOp, [x], noAttrs);
}

import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const signOp = unaryOp('sign', {
  scalar: { fn: Math.sign, js: (x) => `Math.sign(${x})` },
  onnx: 'Sign',
  accepts: 'number',
});

/** −1, 0 or 1; its derivative is zero everywhere and blocks differentiation. */
export function sign(x: Tensor): Tensor {
  return apply1(signOp, [x], noAttrs);
}

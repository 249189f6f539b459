import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const sigmoidOp = unaryOp('sigmoid', {
  jvp: (t, _x, y) => t.mul(y.mul(y.neg().add(1))),
  scalar: { fn: (x) => 1 / (1 + Math.exp(-x)), js: (x) => `(1 / (1 + Math.exp(-${x})))` },
  onnx: 'Sigmoid',
});

/** Logistic function 1/(1 + e⁻ˣ); derivative y·(1 − y). */
export function sigmoid(x: Tensor): Tensor {
  return apply1(sigmoidOp, [x], noAttrs);
}

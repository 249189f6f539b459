import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const negOp = unaryOp('neg', {
  linear: true,
  scalar: { fn: (x) => -x, js: (x) => `(-${x})` },
  onnx: 'Neg',
  accepts: 'number',
});

/** −x. */
export function neg(x: Tensor): Tensor {
  return apply1(negOp, [x], noAttrs);
}

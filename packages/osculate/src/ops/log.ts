import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const logOp = unaryOp('log', {
  jvp: (t, x) => t.div(x),
  scalar: { fn: Math.log, js: (x) => `Math.log(${x})` },
  onnx: 'Log',
});

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return apply1(logOp, [x], noAttrs);
}

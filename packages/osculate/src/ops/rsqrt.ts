import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

export const rsqrtOp = unaryOp('rsqrt', {
  jvp: (t, x, y) => t.mul(y.div(x).mul(-0.5)),
  scalar: { fn: (x) => 1 / Math.sqrt(x), js: (x) => `(1 / Math.sqrt(${x}))` },
  onnx: (context, [x]) => context.emit('Reciprocal', [context.emit('Sqrt', [x!])]),
  flops: 2,
});

/** 1/√x; derivative −y/(2x). */
export function rsqrt(x: Tensor): Tensor {
  return apply1(rsqrtOp, [x], noAttrs);
}

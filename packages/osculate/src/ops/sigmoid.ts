import { apply1, type LowerContext, type Node, type Tensor } from '../tensor/ir.js';
import { type NoAttrs, noAttrs, unaryOp } from './elementwise.js';

/** ONNX Runtime's float64 kernel gives 0 below −37, where the logistic function still has all its digits. */
function lower(context: LowerContext, [x]: readonly string[], node: Node<NoAttrs>): string {
  if (node.inputs[0]!.dtype === 'f32') return context.emit('Sigmoid', [x!]);
  const over = context.emit('Add', [context.emit('Exp', [context.emit('Neg', [x!])]), context.scalar(1, 'f64')]);
  return context.emit('Reciprocal', [over]);
}

export const sigmoidOp = unaryOp('sigmoid', {
  jvp: (t, _x, y) => t.mul(y.mul(y.neg().add(1))),
  scalar: { fn: (x) => 1 / (1 + Math.exp(-x)), js: (x) => `(1 / (1 + Math.exp(-${x})))` },
  onnx: lower,
});

/** Logistic function 1/(1 + e⁻ˣ); derivative y·(1 − y). ONNX Runtime's float32 kernel has an absolute error of 1e-7. */
export function sigmoid(x: Tensor): Tensor {
  return apply1(sigmoidOp, [x], noAttrs);
}

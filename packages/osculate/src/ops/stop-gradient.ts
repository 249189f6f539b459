import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { type NoAttrs, noAttrs } from './elementwise.js';

export const stopGradientOp: Op<NoAttrs> = {
  name: 'stopGradient',
  differentiable: false,
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  jvp: () => [null],
  batch: (_, [x]) => [stopGradient(x!)],
  lower: (_context, _node, [x]) => [x!],
  reference: { kind: 'view' },
  flops: () => 0,
};

/** x itself, held constant by every derivative. */
export function stopGradient(x: Tensor): Tensor {
  return apply1(stopGradientOp, [x], noAttrs);
}

import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, unaryOp } from './elementwise.js';

interface EluAttrs {
  readonly alpha: number;
}

export const eluOp = unaryOp<EluAttrs>('elu', {
  // α·eˣ = y + α on the negative side.
  jvp: (t, x, y, { alpha }) => t.mul(x.greater(0).where(1, y.add(alpha))),
  scalar: ({ alpha }) => ({
    fn: (x) => (x > 0 ? x : alpha * Math.expm1(x)),
    js: (x) => `(${x} > 0 ? ${x} : ${alpha} * Math.expm1(${x}))`,
  }),
  onnx: f32Kernel(
    (context, inputs, { attrs }) => context.emit('Elu', inputs, { alpha: { float: attrs.alpha } }),
    (x, { alpha }) => x.greater(0).where(x, x.minimum(0).expm1().mul(alpha)),
  ),
});

/** Exponential linear unit: x where x > 0, α·(eˣ − 1) elsewhere (Clevert et al. 2015); derivative α at 0. */
export function elu(x: Tensor, alpha = 1): Tensor {
  return apply1(eluOp, [x], { alpha });
}

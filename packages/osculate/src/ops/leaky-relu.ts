import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, unaryOp } from './elementwise.js';

interface LeakyReluAttrs {
  readonly slope: number;
}

export const leakyReluOp = unaryOp<LeakyReluAttrs>('leakyRelu', {
  jvp: (t, x, _y, { slope }) => x.greater(0).where(t, t.mul(slope)),
  scalar: ({ slope }) => ({
    fn: (x) => (x > 0 ? x : slope * x),
    js: (x) => `(${x} > 0 ? ${x} : ${slope} * ${x})`,
  }),
  onnx: f32Kernel(
    (context, inputs, { attrs }) => context.emit('LeakyRelu', inputs, { alpha: { float: attrs.slope } }),
    (x, { slope }) => x.greater(0).where(x, x.mul(slope)),
  ),
});

/** x where x > 0, slope·x elsewhere; derivative `slope` at 0. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return apply1(leakyReluOp, [x], { slope });
}

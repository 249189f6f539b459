import { checkNumber, showValue } from '../tensor/check-value.js';
import { InputError } from '../tensor/errors.js';
import { apply1, type LowerContext, type Node, type Tensor } from '../tensor/ir.js';
import { decomposed, f32Kernel, type NoAttrs, noAttrs, unaryOp } from './elementwise.js';
import { erfOf } from './erf.js';

export const reluOp = unaryOp('relu', {
  jvp: (t, x) => t.mul(x.greater(0).cast(x.dtype)),
  scalar: { fn: (x) => Math.max(x, 0), js: (x) => `Math.max(${x}, 0)` },
  onnx: 'Relu',
});

/** max(x, 0); derivative 1 where x > 0, 0 elsewhere. */
export function relu(x: Tensor): Tensor {
  return apply1(reluOp, [x], noAttrs);
}

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
  checkNumber('leakyRelu: the slope', slope);
  return apply1(leakyReluOp, [x], { slope });
}

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
  checkNumber('elu: alpha', alpha);
  return apply1(eluOp, [x], { alpha });
}

/** ONNX Runtime's float64 kernel gives 0 below −37, where the logistic function still has all its digits. */
function lowerSigmoid(context: LowerContext, [x]: readonly string[], node: Node<NoAttrs>): string {
  if (node.inputs[0]!.dtype === 'f32') return context.emit('Sigmoid', [x!]);
  const over = context.emit('Add', [context.emit('Exp', [context.emit('Neg', [x!])]), context.scalar(1, 'f64')]);
  return context.emit('Reciprocal', [over]);
}

export const sigmoidOp = unaryOp('sigmoid', {
  jvp: (t, _x, y) => t.mul(y.mul(y.neg().add(1))),
  scalar: { fn: (x) => 1 / (1 + Math.exp(-x)), js: (x) => `(1 / (1 + Math.exp(-${x})))` },
  onnx: lowerSigmoid,
});

/** Logistic function 1/(1 + e⁻ˣ); derivative y·(1 − y). ONNX Runtime's float32 kernel has an absolute error of 1e-7. */
export function sigmoid(x: Tensor): Tensor {
  return apply1(sigmoidOp, [x], noAttrs);
}

/** x·sigmoid(x), also called swish (Elfwing et al. 2018). */
export function silu(x: Tensor): Tensor {
  return x.mul(x.sigmoid());
}

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

/** Distribution function of the standard normal: Φ(x) = (1 + erf(x/√2))/2. */
function normalCdf(x: Tensor): Tensor {
  return x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
}

/** Density of the standard normal: φ(x) = exp(−x²/2)/√(2π). */
function normalPdf(x: Tensor): Tensor {
  return x
    .mul(x)
    .mul(-0.5)
    .sub(Math.log(2 * Math.PI) / 2)
    .exp();
}

/** Φ(x) + x·φ(x), written out. */
export const geluSlopeExpression = (x: Tensor): Tensor => normalCdf(x).add(x.mul(normalPdf(x)));

export const geluSlopeOp = unaryOp('geluSlope', {
  jvp: (t, x) => t.mul(normalPdf(x).mul(x.mul(x).neg().add(2))),
  scalar: {
    fn: (x) => (1 + erfOf(x * Math.SQRT1_2)) / 2 + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  },
  onnx: decomposed(([x]) => geluSlopeExpression(x!)),
  flops: 8,
});

/** Derivative of the Gaussian error linear unit: Φ(x) + x·φ(x); its own is φ(x)·(2 − x²). */
export function geluSlope(x: Tensor): Tensor {
  return apply1(geluSlopeOp, [x], noAttrs);
}

/** x·Φ(x), written out. */
export const geluExpression = (x: Tensor): Tensor => x.mul(normalCdf(x));

/** A primitive for the sake of its derivatives, which are shorter than the product rule makes them. */
export const geluOp = unaryOp('gelu', {
  jvp: (t, x) => t.mul(geluSlope(x)),
  scalar: { fn: (x) => (x * (1 + erfOf(x * Math.SQRT1_2))) / 2 },
  onnx: decomposed(([x]) => geluExpression(x!)),
  flops: 5,
});

/** Gaussian error linear unit x·Φ(x) (Hendrycks and Gimpel 2016), or its approximation by tanh. */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  if (approximate === 'none') return apply1(geluOp, [x], noAttrs);
  if (approximate !== 'tanh') throw new InputError(`gelu: needs 'none' or 'tanh', got ${showValue(approximate)}`);
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(inner.tanh().add(1)).mul(0.5);
}

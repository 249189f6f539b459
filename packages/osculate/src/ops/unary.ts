import { describe } from '../tensor/describe.js';
import { checkDType, type DType, isFloat, isInteger } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { type Operand, operand } from '../tensor/leaf.js';
import { decomposed, type NoAttrs, noAttrs, unaryOp } from './elementwise.js';

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

export const absOp = unaryOp('abs', {
  jvp: (t, x) => t.mul(x.sign()),
  scalar: { fn: Math.abs, js: (x) => `Math.abs(${x})` },
  onnx: 'Abs',
  accepts: 'number',
});

/** |x|; derivative sign(x), 0 at 0. */
export function abs(x: Tensor): Tensor {
  return apply1(absOp, [x], noAttrs);
}

export const signOp = unaryOp('sign', {
  scalar: { fn: Math.sign, js: (x) => `Math.sign(${x})` },
  onnx: 'Sign',
  accepts: 'number',
});

/** −1, 0 or 1; its derivative is zero everywhere and blocks differentiation. */
export function sign(x: Tensor): Tensor {
  return apply1(signOp, [x], noAttrs);
}

export const reciprocalOp = unaryOp('reciprocal', {
  jvp: (t, _x, y) => t.mul(y.mul(y).neg()),
  scalar: { fn: (x) => 1 / x, js: (x) => `(1 / ${x})` },
  onnx: 'Reciprocal',
});

/** 1/x; derivative −1/x². */
export function reciprocal(x: Tensor): Tensor {
  return apply1(reciprocalOp, [x], noAttrs);
}

/** x². */
export function square(x: Tensor): Tensor {
  return x.mul(x);
}

export const sqrtOp = unaryOp('sqrt', {
  jvp: (t, _x, y) => t.mul(0.5).div(y),
  scalar: { fn: Math.sqrt, js: (x) => `Math.sqrt(${x})` },
  onnx: 'Sqrt',
});

/** √x; derivative 1/(2√x). */
export function sqrt(x: Tensor): Tensor {
  return apply1(sqrtOp, [x], noAttrs);
}

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

export const expOp = unaryOp('exp', {
  jvp: (t, _x, y) => t.mul(y),
  scalar: { fn: Math.exp, js: (x) => `Math.exp(${x})` },
  onnx: 'Exp',
});

/** eˣ. */
export function exp(x: Tensor): Tensor {
  return apply1(expOp, [x], noAttrs);
}

export const expm1Op = unaryOp('expm1', {
  jvp: (t, _x, y) => t.mul(y.add(1)),
  scalar: { fn: Math.expm1, js: (x) => `Math.expm1(${x})` },
  // eˣ − 1 = tanh(x/2)·(eˣ + 1) has no cancellation; the clip is for kernels of tanh that overshoot 1 by a rounding error.
  onnx: decomposed(([x]) => x!.mul(0.5).tanh().clip(-1, 1).mul(x!.exp().add(1))),
});

/** eˣ − 1, accurate near 0; derivative eˣ. */
export function expm1(x: Tensor): Tensor {
  return apply1(expm1Op, [x], noAttrs);
}

export const logOp = unaryOp('log', {
  jvp: (t, x) => t.div(x),
  scalar: { fn: Math.log, js: (x) => `Math.log(${x})` },
  onnx: 'Log',
});

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return apply1(logOp, [x], noAttrs);
}

/**
 * Logarithm to base 2: log(x)/ln 2, so that powers of 2 give integers to rounding only. Floats.
 *
 * ```ts
 * constant([1, 8], 'f64').log2(); // [0, 3]
 * ```
 */
export function log2(x: Tensor): Tensor {
  return x.log().div(Math.LN2);
}

/**
 * Logarithm to base 10: log(x)/ln 10, so that powers of 10 give integers to rounding only. Floats.
 *
 * ```ts
 * constant([1, 10], 'f64').log10(); // [0, 1]
 * ```
 */
export function log10(x: Tensor): Tensor {
  return x.log().div(Math.LN10);
}

/**
 * log(u) for u = 1 + x as rounded, plus x − (u − 1), which is what the rounding lost. That matters near 0 only; outside of
 * [−1/2, 1] the correction is exactly 0, so that infinities pass.
 */
function log1pExpression(x: Tensor): Tensor {
  const near = x.clip(-0.5, 1);
  return x
    .add(1)
    .log()
    .add(near.sub(near.add(1).sub(1)));
}

export const log1pOp = unaryOp('log1p', {
  jvp: (t, x) => t.div(x.add(1)),
  scalar: { fn: Math.log1p, js: (x) => `Math.log1p(${x})` },
  onnx: decomposed(([x]) => log1pExpression(x!)),
});

/** log(1 + x), accurate near 0; derivative 1/(1 + x). */
export function log1p(x: Tensor): Tensor {
  return apply1(log1pOp, [x], noAttrs);
}

export const floorOp = unaryOp('floor', {
  scalar: { fn: Math.floor, js: (x) => `Math.floor(${x})` },
  onnx: 'Floor',
});

/** Largest integer not above x; no derivative. */
export function floor(x: Tensor): Tensor {
  return apply1(floorOp, [x], noAttrs);
}

export const ceilOp = unaryOp('ceil', {
  scalar: { fn: Math.ceil, js: (x) => `Math.ceil(${x})` },
  onnx: 'Ceil',
});

/** Smallest integer not below x; no derivative. */
export function ceil(x: Tensor): Tensor {
  return apply1(ceilOp, [x], noAttrs);
}

function halfToEven(x: number): number {
  const near = Math.round(x);
  return Math.abs(x % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

export const roundOp = unaryOp('round', {
  scalar: { fn: halfToEven },
  onnx: 'Round',
});

/** The nearest integer, halves to the even one; no derivative. */
export function round(x: Tensor): Tensor {
  return apply1(roundOp, [x], noAttrs);
}

interface ClipAttrs {
  readonly low: number;
  readonly high: number;
}

export const clipOp = unaryOp<ClipAttrs>('clip', {
  jvp: (t, x, y) => t.mul(x.equal(y).cast(x.dtype)),
  scalar: ({ low, high }) => ({
    fn: (x) => Math.min(Math.max(x, low), high),
    js: (x) => `Math.min(Math.max(${x}, ${low}), ${high})`,
  }),
  onnx: (context, [x], { attrs, inputs }) => {
    const bound = (value: number): string => (Number.isFinite(value) ? context.scalar(value, inputs[0]!.dtype) : '');
    return context.emit('Clip', [x!, bound(attrs.low), bound(attrs.high)]);
  },
  accepts: 'number',
});

/**
 * x limited to [low, high]; numbers may be infinite, tensors and arrays broadcast. The derivative by x is 1 where
 * low ≤ x ≤ high, 0 outside; where a bound is taken, its own derivative is.
 * @throws InputError when low > high as numbers, or a finite bound of integers is not one.
 */
export function clip(x: Tensor, low: Operand, high: Operand): Tensor {
  if (typeof low !== 'number' || typeof high !== 'number') return clipByTensors(x, low, high);
  if (!(low <= high)) throw new InputError(`clip of ${describe(x)}: needs low ≤ high, got ${low} and ${high}`);
  const bad = isInteger(x.dtype) ? [low, high].find((b) => Number.isFinite(b) && !Number.isInteger(b)) : undefined;
  if (bad !== undefined) throw new InputError(`clip of ${describe(x)}: the bound ${bad} is not an integer`);
  return apply1(clipOp, [x], { low, high });
}

function clipByTensors(x: Tensor, low: Operand, high: Operand): Tensor {
  const [least, most] = [operand('clip', low, x.dtype), operand('clip', high, x.dtype)];
  return x.greater(most).where(most, x.less(least).where(least, x));
}

interface CastAttrs {
  readonly to: DType;
}

const onnxTypes: Record<DType, number> = { f32: 1, f64: 11, i32: 6, i64: 7, bool: 9 };

function castScalar(from: DType, to: DType): { fn(x: number): number; js(x: string): string } {
  if (to === 'bool') return { fn: (x) => (x !== 0 ? 1 : 0), js: (x) => `(${x} !== 0 ? 1 : 0)` };
  if (isFloat(from) && !isFloat(to)) return { fn: Math.trunc, js: (x) => `Math.trunc(${x})` };
  return { fn: (x) => x, js: (x) => x };
}

export const castOp: Op<CastAttrs> = {
  name: 'cast',
  differentiable: true,
  infer: ([x], { to }) => [{ shape: x!.shape, dtype: to }],
  jvp: (node, [t]) => [isFloat(node.attrs.to) ? cast(t!, node.attrs.to) : null],
  transpose: (node, [ct]) => [cast(ct!, node.inputs[0]!.dtype)],
  batch: (node, [x]) => [cast(x!, node.attrs.to)],
  lower: (context, node, [x]) => [context.emit('Cast', [x!], { to: { int: onnxTypes[node.attrs.to] } })],
  reference: { kind: 'elementwise', scalar: (node) => castScalar(node.inputs[0]!.dtype, node.attrs.to) },
  flops: () => 0,
};

/**
 * The values in another dtype: floats to integers truncate towards zero, anything to bool is `!= 0`. Between floats it is
 * linear and differentiable; to integers and booleans it has no derivative.
 */
export function cast(x: Tensor, to: DType): Tensor {
  checkDType('cast', to);
  return x.dtype === to ? x : apply1(castOp, [x], { to });
}

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

import fc from 'fast-check';
import { conv } from '../../src/ops/convolution/conv.js';
import { convTranspose } from '../../src/ops/convolution/conv-transpose.js';
import { concat, einsum, scan, stack, where } from '../../src/ops/index.js';
import { layerNorm } from '../../src/ops/normalization.js';
import { averagePool } from '../../src/ops/pooling/average-pool.js';
import { maxPool } from '../../src/ops/pooling/max-pool.js';
import { constant, type Tensor } from '../../src/tensor/index.js';
import { broadcastShapes } from '../../src/tensor/shape.js';
import type { OpCase } from './case.js';

/** A step of a random graph: from two earlier tensors and a number that picks axes and the like. */
type Step = (a: Tensor, b: Tensor, pick: number) => Tensor;

/** b where it broadcasts with a, its mean otherwise: every pair of tensors is an operand pair. */
function fit(a: Tensor, b: Tensor): Tensor {
  try {
    broadcastShapes(a.shape, b.shape, 'fit');
    return b;
  } catch {
    return b.mean();
  }
}

const axisOf = (a: Tensor, pick: number): number => pick % a.rank;
const vector = (a: Tensor): Tensor => a.reshape([a.size]);
const matrix = (a: Tensor): Tensor => (a.rank < 2 ? a.reshape([1, a.size]) : a.reshape([a.shape[0]!, -1]));
/** 1 + x²: where an op needs a positive operand. */
const positive = (a: Tensor): Tensor => a.mul(a).add(1);
/** The elements as one image [1, 1, n], and a kernel of two elements. */
const signal = (a: Tensor): Tensor => a.reshape([1, 1, a.size]);
const kernel = (b: Tensor): Tensor => stack([b.mean(), vector(b).slice([0], [1]).reshape([])], 0).reshape([1, 1, 2]);
const indices = (a: Tensor, axis: number): Tensor => constant([a.shape[axis]! - 1, 0, 0], 'i64');
/** A value of at least one axis, for ops that need one. */
const ranked = (a: Tensor): Tensor => (a.rank === 0 ? a.reshape([1]) : a);

/** Smooth steps. Each keeps values of about [−1, 1] there, so that graphs of any length stay well conditioned. */
export const smoothSteps: Readonly<Record<string, Step>> = {
  neg: (a) => a.neg(),
  exp: (a) => a.exp().mul(0.4),
  log: (a) => positive(a).log(),
  log1p: (a) => a.mul(a).log1p(),
  expm1: (a) => a.expm1().mul(0.5),
  sqrt: (a) => positive(a).sqrt().mul(0.7),
  rsqrt: (a) => positive(a).rsqrt(),
  reciprocal: (a) => positive(a).reciprocal(),
  square: (a) => a.square(),
  sin: (a) => a.sin(),
  cos: (a) => a.cos(),
  tan: (a) => a.tanh().mul(0.5).tan(),
  asin: (a) => a.tanh().mul(0.5).asin(),
  acos: (a) => a.tanh().mul(0.5).acos().mul(0.5),
  atan: (a) => a.atan(),
  sinh: (a) => a.sinh().mul(0.8),
  cosh: (a) => a.cosh().mul(0.6),
  tanh: (a) => a.tanh(),
  sigmoid: (a) => a.sigmoid(),
  softplus: (a) => a.softplus(),
  erf: (a) => a.erf(),
  gelu: (a) => a.gelu(),
  silu: (a) => a.silu(),
  add: (a, b) => a.add(fit(a, b)).mul(0.5),
  sub: (a, b) => a.sub(fit(a, b)).mul(0.5),
  mul: (a, b) => a.mul(fit(a, b)),
  div: (a, b) => a.div(positive(fit(a, b))),
  pow: (a, b) => positive(a).pow(fit(a, b)).mul(0.5),
  atan2: (a, b) => a.atan2(positive(fit(a, b))),
  mean: (a, _, pick) => ranked(a).mean(axisOf(ranked(a), pick)),
  sum: (a) => a.sum().mul(1 / a.size),
  prod: (a, _, pick) => ranked(a).prod(axisOf(ranked(a), pick), true),
  logsumexp: (a) => a.logsumexp().mul(0.3),
  cumsum: (a, _, pick) =>
    ranked(a)
      .cumsum(axisOf(ranked(a), pick), { reverse: pick % 2 === 1, exclusive: pick % 3 === 1 })
      .mul(0.4),
  softmax: (a, _, pick) => ranked(a).softmax(axisOf(ranked(a), pick)),
  logSoftmax: (a, _, pick) =>
    ranked(a)
      .logSoftmax(axisOf(ranked(a), pick))
      .mul(0.3),
  reshape: (a) => a.reshape([a.size]),
  transpose: (a) => a.transpose(),
  expand: (a) => (a.size > 12 ? a : a.expand([2, ...a.shape])),
  unsqueeze: (a) => (a.rank > 3 ? a.squeeze() : a.unsqueeze(0)),
  slice: (a, _, pick) => (a.rank > 0 && a.shape[0]! > 1 ? a.slice([pick % 2], [a.shape[0]!]) : a),
  pad: (a) =>
    a.size > 12
      ? a
      : a.pad(
          a.shape.map(() => 0),
          a.shape.map(() => 1),
          0.5,
        ),
  concat: (a, b) => concat([vector(a), vector(b)], 0),
  stack: (a) => (a.size > 12 ? a : stack([a, a.sin()], 0)),
  flip: (a) => a.flip(),
  gather: (a, _, pick) => ranked(a).gather(indices(ranked(a), axisOf(ranked(a), pick)), axisOf(ranked(a), pick)),
  scatterAdd: (a, b) => {
    const base = vector(a);
    return base.scatterAdd(indices(base, 0), stack([b.mean(), b.sin().mean(), b.cos().mean()], 0), 0).mul(0.5);
  },
  matmul: (a, b) => {
    const [x, y] = [matrix(a), matrix(b)];
    const product = x.shape[1] === y.shape[0] ? x.matmul(y) : x.product(x, false, true);
    return product.mul(1 / x.shape[1]!);
  },
  einsum: (a) => einsum('ij,ij,ik->jk', matrix(a), matrix(a), matrix(a)).mul(1 / a.size),
  layerNorm: (a) => layerNorm(ranked(a), { axes: [-1], epsilon: 0.5 }),
  conv: (a, b) => vector(conv(signal(a), kernel(b), { padding: [[1, 0]] })).mul(0.5),
  convTranspose: (a, b) => vector(convTranspose(signal(a), kernel(b), { strides: [1] })).mul(0.5),
  averagePool: (a, _, pick) =>
    a.size < 2 ? a : vector(averagePool(signal(a), { window: [2], strides: [1 + (pick % 2)] })),
  scan: (a, b) => {
    const xs = vector(a);
    return scan(([c], [x]) => ({ carry: [c!.add(x!).tanh()], y: [c!.mul(x!)] }), [b.mean()], [xs]).ys[0]!;
  },
};

/** Steps with kinks or jumps: derivatives exist almost everywhere, but finite differences may straddle them. */
export const kinkedSteps: Readonly<Record<string, Step>> = {
  abs: (a) => a.abs(),
  relu: (a) => a.relu(),
  leakyRelu: (a) => a.leakyRelu(),
  elu: (a) => a.elu(),
  max: (a) => a.max(),
  min: (a) => a.min(),
  maximum: (a, b) => a.maximum(fit(a, b)),
  minimum: (a, b) => a.minimum(fit(a, b)),
  clip: (a) => a.clip(-0.5, 0.5),
  where: (a, b) => where(a.greater(fit(a, b)), a, fit(a, b)),
  maxPool: (a) => (a.size < 2 ? a : vector(maxPool(signal(a), { window: [2], strides: [1] }))),
  cast: (a) => a.cast('f32').cast(a.dtype),
  sign: (a) => a.add(a.sign()),
  stopGradient: (a) => a.mul(a.stopGradient()),
};

interface Instruction {
  readonly step: string;
  readonly a: number;
  readonly b: number;
  readonly pick: number;
}

function interpret(instructions: readonly Instruction[], table: Readonly<Record<string, Step>>, x: Tensor[]): Tensor[] {
  const pool = [...x];
  for (const { step, a, b, pick } of instructions) {
    const at = (i: number): Tensor => pool[pool.length - 1 - (i % pool.length)]!;
    const t = table[step]!(at(a), at(b), pick);
    pool.push(t.size > 24 ? t.mean(0) : t);
  }
  return pool.slice(-2);
}

/** Random expressions of up to 8 steps over three inputs that broadcast with each other, as cases of the op suite. */
export function randomCases(table: Readonly<Record<string, Step>>): fc.Arbitrary<OpCase> {
  const number = fc.nat({ max: 5 });
  const instruction = fc.record({ step: fc.constantFrom(...Object.keys(table)), a: number, b: number, pick: number });
  return fc.array(instruction, { minLength: 1, maxLength: 8 }).map((instructions) => ({
    name: instructions.map(({ step, a, b, pick }) => `${step}(${a}, ${b}, ${pick})`).join(' → '),
    inputs: [[2, 3], [3], [2, 1]].map((shape) => ({ shape, low: -1, high: 1 })),
    build: (...x) => interpret(instructions, table, [...x]),
  }));
}

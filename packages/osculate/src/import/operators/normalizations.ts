import { batchNorm, layerNorm } from '../../ops/normalization.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { normalizeAxis, sizeOf } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { iota, numbers } from './integers.js';
import type { OperatorTable } from './table.js';

/** A vector over the channels (axis 1), shaped so that it broadcasts against x. */
const overChannels = (p: Tensor, x: Tensor): Tensor => p.reshape(x.shape.map((_, i) => (i === 1 ? p.size : 1)));

const from = (axis: number, rank: number): number[] => iota(rank).filter((i) => i >= axis);

/** Before version 14 a node says that it trains by naming the outputs that only training has. */
const trains = (call: NodeCall): boolean =>
  call.opset < 14 ? [1, 2, 3, 4].some((i) => call.wants(i)) : call.flag('training_mode', false);

/**
 * By the stored statistics; by those of the batch where the node or the import says so. The latter are reported to the training
 * context, and the running ones that the node gives are moved by its momentum. Before version 14 those of the batch follow.
 */
function batchNormalization(call: NodeCall): readonly (Tensor | undefined)[] {
  const x = call.input(0);
  // Gains and statistics may be of another float type.
  const given = [1, 2, 3, 4].map((i) => call.input(i));
  const [gain, bias, mean, variance] = given.map((p) => p.cast(x.dtype)) as [Tensor, Tensor, Tensor, Tensor];
  if (!call.flag('spatial', true))
    call.refuse('it has statistics for each element (spatial is 0); convert the model to opset 9 or later');
  const epsilon = call.float('epsilon', 1e-5);
  if (!trains(call) && call.tracing.mode === 'inference') {
    return [batchNorm(x, { gain, bias, mean, variance, epsilon }).output];
  }
  const { context } = call.tracing;
  const held = context?.running(gain.size, x.dtype as 'f32' | 'f64');
  const result = batchNorm(x, { gain, bias, epsilon, ...held });
  if (!held) context?.report({ mean: result.mean, variance: result.variance });
  const momentum = call.float('momentum', 0.9);
  const move = (old: Tensor, now: Tensor): Tensor =>
    old
      .mul(momentum)
      .add(now.mul(1 - momentum))
      .cast(given[2]!.dtype);
  return [result.output, move(mean, result.mean), move(variance, result.variance), result.mean, result.variance];
}

function instanceNormalization(call: NodeCall): Tensor {
  const x = call.input(0);
  const y = layerNorm(x, { axes: from(2, x.rank), epsilon: call.float('epsilon', 1e-5) });
  return y.mul(overChannels(call.input(1), x)).add(overChannels(call.input(2), x));
}

/** Of the axes from `axis` on; also gives mean and 1/deviation. */
function layerNormalization(call: NodeCall): readonly Tensor[] {
  const x = call.input(0);
  const axes = from(normalizeAxis(call.int('axis', -1), x.rank, 'LayerNormalization'), x.rank);
  const epsilon = call.float('epsilon', 1e-5);
  // Gain and bias broadcast; those of layerNorm have the shape of a group.
  const scaled = layerNorm(x, { axes, epsilon }).mul(call.input(1));
  const bias = call.inputs[2];
  const mean = x.mean(axes, true);
  return [bias ? scaled.add(bias) : scaled, mean, x.sub(mean).square().mean(axes, true).add(epsilon).rsqrt()];
}

function rmsNormalization(call: NodeCall): Tensor {
  const x = call.input(0);
  const axes = from(normalizeAxis(call.int('axis', -1), x.rank, 'RMSNormalization'), x.rank);
  const scale = x.mul(x).mean(axes, true).add(call.float('epsilon', 1e-5)).rsqrt();
  return x.mul(scale).mul(call.input(1));
}

/** Over groups of channels. Until version 21, gain and bias are those of the groups. */
function groupNormalization(call: NodeCall): Tensor {
  const x = call.input(0);
  const groups = call.int('num_groups');
  const [n, c] = x.shape as [number, number];
  if (!(groups > 0) || c % groups !== 0) call.refuse(`${c} channels do not fall into ${groups} groups`);
  const grouped = x.reshape([n, groups, (c / groups) * sizeOf(x.shape.slice(2))]);
  const y = layerNorm(grouped, { axes: 2, epsilon: call.float('epsilon', 1e-5) });
  const affine = (i: number): Tensor => {
    const p = call.input(i);
    const each =
      p.size === c
        ? p
        : p
            .reshape([groups, 1])
            .expand([groups, c / groups])
            .reshape([c]);
    return overChannels(each, x);
  };
  return y.reshape(x.shape).mul(affine(1)).add(affine(2));
}

/** x/(k + α/n·Σ x²)^β with the sum over n neighbouring channels: a product with a band matrix. */
function localResponse(call: NodeCall): Tensor {
  const x = call.input(0);
  const size = call.int('size');
  const c = x.shape[1]!;
  const [below, above] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const band = iota(c * c).map((i) => {
    const offset = (i % c) - Math.floor(i / c);
    return offset >= -below && offset <= above ? 1 : 0;
  });
  const squares = x.mul(x).reshape([x.shape[0]!, c, sizeOf(x.shape.slice(2))]);
  const sums = numbers(band, x.dtype, [c, c]).matmul(squares).reshape(x.shape);
  const alpha = call.float('alpha', 1e-4) / size;
  const base = sums.mul(alpha).add(call.float('bias', 1));
  return x.mul(base.pow(full(-call.float('beta', 0.75), x.dtype)));
}

/** x/‖x‖ₚ along an axis; a zero vector stays zero. */
function lpNormalization(call: NodeCall): Tensor {
  const x = call.input(0);
  const axis = normalizeAxis(call.int('axis', -1), x.rank, 'LpNormalization');
  const p = call.int('p', 2);
  if (p !== 1 && p !== 2) call.refuse(`p is ${p}, but must be 1 or 2`);
  const sum = (p === 1 ? x.abs() : x.mul(x)).sum(axis, true);
  const zero = sum.equal(0);
  const safe = zero.where(1, sum);
  return x.div(p === 1 ? safe : safe.sqrt());
}

function meanVariance(call: NodeCall): Tensor {
  return layerNorm(call.input(0), { axes: call.ints('axes') ?? [0, 2, 3], epsilon: 1e-9 });
}

type Normal = (x: Tensor, axis: number) => Tensor;

const alongAxis =
  (f: Normal) =>
  (call: NodeCall): Tensor =>
    f(call.input(0), normalizeAxis(call.int('axis', -1), call.input(0).rank, call.opType));

/** Before version 13: over all axes from `axis` on, as one. */
const flattened =
  (f: Normal) =>
  (call: NodeCall): Tensor => {
    const x = call.input(0);
    const axis = normalizeAxis(call.int('axis', 1), x.rank, call.opType);
    const flat = x.reshape([sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
    return f(flat, 1).reshape(x.shape);
  };

const softmax: Normal = (x, axis) => x.softmax(axis);
const logSoftmax: Normal = (x, axis) => x.logSoftmax(axis);

/** 1 at the first largest element, 0 elsewhere. */
const hardmax: Normal = (x, axis) => {
  const own = numbers(iota(x.shape[axis]!), 'i64').reshape(x.shape.map((d, i) => (i === axis ? d : 1)));
  return x.argmax(axis, true).equal(own).cast(x.dtype);
};

const normal = (f: Normal): OperatorTable[string] => [
  [1, flattened(f)],
  [13, alongAxis(f)],
];

/** The identity, but for a training context: that gives the mask by which the input is multiplied. */
function dropout(call: NodeCall): readonly (Tensor | undefined)[] {
  const x = call.input(0);
  const ratio = call.number(1, 'the ratio', call.float('ratio', 0.5));
  const flagged = call.number(2, 'the training mode', 0) !== 0;
  const { context, mode } = call.tracing;
  if (ratio > 0 && mode === 'training' && context?.training && (x.dtype === 'f32' || x.dtype === 'f64')) {
    const mask = context.mask(x.shape, x.dtype, 1 - ratio);
    return [x.mul(mask), mask.notEqual(0)];
  }
  if (flagged && ratio > 0 && mode === 'inference') {
    call.refuse('it draws random masks (training_mode); import in training mode and give call() a training context');
  }
  return [x, full(1, 'bool').expand(x.shape)];
}

export const normalizations: OperatorTable = {
  BatchNormalization: batchNormalization,
  Dropout: dropout,
  GroupNormalization: groupNormalization,
  Hardmax: normal(hardmax),
  InstanceNormalization: instanceNormalization,
  LRN: localResponse,
  LayerNormalization: layerNormalization,
  LogSoftmax: normal(logSoftmax),
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVariance,
  RMSNormalization: rmsNormalization,
  Softmax: normal(softmax),
};

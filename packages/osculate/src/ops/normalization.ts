import { describe, requireFloat } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { normalizeAxes, normalizeAxis, sameShape, showShape } from '../tensor/shape.js';
import { mean, mean as meanOver } from './reductions.js';

export interface LayerNormOptions {
  /** The axes of one normalised group; negative ones count from the end. */
  readonly axes: number | readonly number[];
  /** Factor and summand of every element of a group: the shape of x along `axes`. */
  readonly gain?: Tensor;
  readonly bias?: Tensor;
  /** Added to the variance (PyTorch: 1e-5). */
  readonly epsilon: number;
}

/** A parameter of the axes' dimensions, shaped so that it broadcasts against x. */
function aligned(what: string, p: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const dims = axes.map((a) => x.shape[a]!);
  if (!sameShape(p.shape, dims)) {
    throw new ShapeError(
      `layerNorm of ${describe(x)}: the ${what} must have shape ${showShape(dims)}, got ${describe(p)}`,
    );
  }
  const trailing = axes.every((a, i) => a === x.rank - axes.length + i);
  return trailing ? p : p.reshape(x.shape.map((d, i) => (axes.includes(i) ? d : 1)));
}

/**
 * Layer normalisation (Ba et al. 2016): (x − mean)/√(variance + ε)·gain + bias with the mean and the biased variance
 * over `axes`. Nine passes over x in all, of any order of derivative.
 */
export function layerNorm(x: Tensor, { axes, gain, bias, epsilon }: LayerNormOptions): Tensor {
  requireFloat('layerNorm', x);
  const normal = normalizeAxes(axes, x.rank, 'layerNorm');
  const centred = x.sub(mean(x, normal, true));
  const variance = mean(centred.mul(centred), normal, true);
  let y = centred.mul(variance.add(epsilon).rsqrt());
  if (gain) y = y.mul(aligned('gain', gain, x, normal));
  return bias ? y.add(aligned('bias', bias, x, normal)) : y;
}

export interface BatchNormOptions {
  /** Factor and summand of every channel: `[channels]`. */
  readonly gain?: Tensor;
  readonly bias?: Tensor;
  /** Added to the variance (PyTorch: 1e-5). */
  readonly epsilon: number;
  /** Statistics of every channel for inference, both or neither; without them those of x itself are used. */
  readonly mean?: Tensor;
  readonly variance?: Tensor;
  /** The axis of the channels (default 1). */
  readonly axis?: number;
}

export interface BatchNormResult {
  readonly output: Tensor;
  /** The statistics that were used, `[channels]`; the variance of a batch is the biased one. */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

function check(x: Tensor, channels: number, options: BatchNormOptions): void {
  const what = `batchNorm of ${describe(x)}`;
  if ((options.mean === undefined) !== (options.variance === undefined)) {
    throw new InputError(`${what}: give both mean and variance (inference) or neither (the batch's own)`);
  }
  for (const name of ['gain', 'bias', 'mean', 'variance'] as const) {
    const p = options[name];
    if (p && !sameShape(p.shape, [channels])) {
      throw new ShapeError(`${what}: the ${name} must have shape [${channels}], got ${describe(p)}`);
    }
  }
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015): (x − mean)/√(variance + ε)·gain + bias for every channel, with the mean and
 * biased variance over all other axes of x (derivatives go through them), or with given ones.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions): BatchNormResult {
  requireFloat('batchNorm', x);
  const axis = normalizeAxis(options.axis ?? 1, x.rank, 'batchNorm');
  const channels = x.shape[axis]!;
  check(x, channels, options);
  const { gain, bias, epsilon } = options;
  const broad = (p: Tensor): Tensor => p.reshape(x.shape.map((_, i) => (i === axis ? channels : 1)));
  const scaleOf = (variance: Tensor): Tensor => {
    const scale = variance.add(epsilon).rsqrt();
    return gain ? scale.mul(gain) : scale;
  };
  if (options.mean && options.variance) {
    const { mean, variance } = options;
    // One multiplication and one addition per element: the rest is per channel.
    const scale = scaleOf(variance);
    const shift = bias ? bias.sub(mean.mul(scale)) : mean.mul(scale).neg();
    return { output: x.mul(broad(scale)).add(broad(shift)), mean, variance };
  }
  const others = x.shape.flatMap((_, i) => (i === axis ? [] : [i]));
  const mean = meanOver(x, others);
  const centred = x.sub(broad(mean));
  const variance = meanOver(centred.mul(centred), others);
  const scaled = centred.mul(broad(scaleOf(variance)));
  return { output: bias ? scaled.add(broad(bias)) : scaled, mean, variance };
}

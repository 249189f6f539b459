import { averagePool } from '../../ops/pooling/average-pool.js';
import { maxPool } from '../../ops/pooling/max-pool.js';
import type { Tensor } from '../../tensor/ir.js';
import { sizeOf } from '../../tensor/shape.js';
import { checkChoice, checkNumber, checkSizes } from '../check.js';
import { type Layer, layerOf } from '../layer.js';

export type NoParameters = Record<string, never>;

export const activationNames = ['tanh', 'sigmoid', 'relu', 'gelu', 'silu', 'softplus', 'elu'] as const;

/** Names of activations, as options take them. */
export type ActivationName = (typeof activationNames)[number];

/**
 * Hyperbolic tangent, elementwise.
 * @example
 * const net = sequential([dense(2, 32), tanh(), dense(32, 2)]);
 */
export function tanh(): Layer<NoParameters> {
  return layerOf((x) => x.tanh(), 'tanh');
}

/**
 * Logistic function 1/(1 + e⁻ˣ), elementwise.
 * @example
 * const net = sequential([dense(2, 32), sigmoid(), dense(32, 2)]);
 */
export function sigmoid(): Layer<NoParameters> {
  return layerOf((x) => x.sigmoid(), 'sigmoid');
}

/**
 * max(x, 0), elementwise.
 * @example
 * const net = sequential([dense(2, 32), relu(), dense(32, 2)]);
 */
export function relu(): Layer<NoParameters> {
  return layerOf((x) => x.relu(), 'relu');
}

/**
 * x·Φ(x) (Hendrycks and Gimpel 2016), elementwise, or its approximation by tanh.
 * @example
 * const net = sequential([dense(2, 32), gelu('tanh'), dense(32, 2)]);
 */
export function gelu(approximate: 'none' | 'tanh' = 'none'): Layer<NoParameters> {
  checkChoice('gelu: approximate', approximate, ['none', 'tanh']);
  return layerOf((x) => x.gelu(approximate), 'gelu');
}

/**
 * x/(1 + e⁻ˣ) (Elfwing et al. 2018), elementwise.
 * @example
 * const net = sequential([dense(2, 32), silu(), dense(32, 2)]);
 */
export function silu(): Layer<NoParameters> {
  return layerOf((x) => x.silu(), 'silu');
}

/**
 * log(1 + eˣ), elementwise.
 * @example
 * const net = sequential([dense(2, 32), tanh(), dense(32, 1), softplus()]); // a positive output
 */
export function softplus(): Layer<NoParameters> {
  return layerOf((x) => x.softplus(), 'softplus');
}

/**
 * x where x > 0, α·(eˣ − 1) elsewhere (Clevert et al. 2015), elementwise.
 * @example
 * const net = sequential([dense(2, 32), elu(), dense(32, 2)]);
 */
export function elu(alpha = 1): Layer<NoParameters> {
  checkNumber('elu: alpha', alpha, Number.isFinite, 'a finite number');
  return layerOf((x) => x.elu(alpha), 'elu');
}

/**
 * Joins all axes after the first: `[batch, …]` → `[batch, size]`.
 * @example
 * const net = sequential([conv2d(1, 4, 3), relu(), flatten(), dense(4 * 26 * 26, 10)]); // for [batch, 1, 28, 28]
 */
export function flatten(): Layer<NoParameters> {
  return layerOf((x) => x.reshape([x.shape[0]!, sizeOf(x.shape.slice(1))]), 'flatten');
}

type Pool = (x: Tensor, options: { readonly window: readonly number[]; readonly strides: readonly number[] }) => Tensor;

function pool2d(name: string, pool: Pool, window: number, stride: number): Layer<NoParameters> {
  checkSizes(name, { window, stride });
  return layerOf((x) => pool(x, { window: [window, window], strides: [stride, stride] }), `${name}(${window})`);
}

/**
 * Max-pooling over `window` × `window` squares of `[batch, channels, h, w]`; the stride defaults to the window.
 * @example
 * const net = sequential([conv2d(1, 4, 3), relu(), maxPool2d(2), flatten(), dense(4 * 13 * 13, 10)]);
 */
export function maxPool2d(window: number, stride = window): Layer<NoParameters> {
  return pool2d('maxPool2d', maxPool, window, stride);
}

/**
 * Average-pooling over `window` × `window` squares of `[batch, channels, h, w]`; the stride defaults to the window.
 * @example
 * const net = sequential([conv2d(1, 4, 3), relu(), averagePool2d(2), flatten(), dense(4 * 13 * 13, 10)]);
 */
export function averagePool2d(window: number, stride = window): Layer<NoParameters> {
  return pool2d('averagePool2d', averagePool, window, stride);
}

/**
 * Dropout (Srivastava et al. 2014): in training, multiplies by a mask of 0 and 1/(1 − rate) that the graph takes as an
 * input (see `drawMasks`), so that a step can be repeated exactly; the identity otherwise.
 * @example
 * const net = sequential([dense(2, 32), tanh(), dropout(0.1), dense(32, 2)]);
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), epochs: 2 }); // predictions drop nothing
 */
export function dropout(rate: number): Layer<NoParameters> {
  checkNumber('dropout: the rate', rate, (v) => v >= 0 && v < 1, 'in [0, 1)');
  return {
    label: `dropout(${rate})`,
    init: () => ({}),
    apply: (_, x, context) =>
      context?.training && rate > 0 ? x.mul(context.mask(x.shape, x.dtype as 'f32' | 'f64', 1 - rate)) : x,
  };
}

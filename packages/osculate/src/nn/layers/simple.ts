import { averagePool } from '../../ops/pooling/average-pool.js';
import { maxPool } from '../../ops/pooling/max-pool.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Layer } from '../layer.js';

export type NoParameters = Record<string, never>;

/** A layer without parameters, from any function of its input. */
export function lambda(f: (x: Tensor) => Tensor): Layer<NoParameters> {
  return { init: () => ({}), apply: (_, x) => f(x) };
}

export type ActivationName = 'tanh' | 'sigmoid' | 'relu' | 'gelu' | 'silu' | 'softplus' | 'elu';

/** An elementwise activation by name. */
export function activation(name: ActivationName): Layer<NoParameters> {
  return lambda((x) => x[name]());
}

/** Joins all axes after the first: `[batch, …]` → `[batch, size]`. */
export function flatten(): Layer<NoParameters> {
  return lambda((x) => x.reshape([x.shape[0]!, sizeOf(x.shape.slice(1))]));
}

/** Max-pooling over `window` × `window` squares of `[batch, channels, h, w]`; the stride defaults to the window. */
export function maxPool2d(window: number, stride = window): Layer<NoParameters> {
  return lambda((x) => maxPool(x, { window: [window, window], strides: [stride, stride] }));
}

/** Average-pooling over `window` × `window` squares of `[batch, channels, h, w]`; the stride defaults to the window. */
export function averagePool2d(window: number, stride = window): Layer<NoParameters> {
  return lambda((x) => averagePool(x, { window: [window, window], strides: [stride, stride] }));
}

/**
 * Dropout (Srivastava et al. 2014): in training, multiplies by a mask of 0 and 1/(1 − rate) that the graph takes as an
 * input (see `drawMasks`), so that a step can be repeated exactly; the identity otherwise.
 */
export function dropout(rate: number): Layer<NoParameters> {
  if (!(rate >= 0 && rate < 1)) throw new InputError(`dropout: the rate must be in [0, 1), got ${rate}`);
  return {
    init: () => ({}),
    apply: (_, x, context) =>
      context?.training && rate > 0 ? x.mul(context.mask(x.shape, x.dtype as 'f32' | 'f64', 1 - rate)) : x,
  };
}

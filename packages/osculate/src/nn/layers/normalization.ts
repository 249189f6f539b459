import { batchNorm as batchNormOp, layerNorm as layerNormOp } from '../../ops/index.js';
import { describe } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { filled } from '../initializers.js';
import type { Layer } from '../layer.js';

export type NormParameters = { readonly weight: NDArray; readonly bias: NDArray };

const initial =
  (size: number): Layer<NormParameters>['init'] =>
  (generator, dtype = 'f32') => ({
    weight: filled(1)(generator, [size], dtype),
    bias: filled(0)(generator, [size], dtype),
  });

/** Layer normalisation over the last axis (Ba et al. 2016): (x − mean)/√(variance + ε)·weight + bias, biased variance. */
export function layerNorm(size: number, epsilon = 1e-5): Layer<NormParameters> {
  return {
    init: initial(size),
    apply: ({ weight, bias }, x) => {
      if (x.shape.at(-1) !== size)
        throw new ShapeError(`layerNorm(${size}): the last axis of ${describe(x)} must be ${size}`);
      return layerNormOp(x, { axes: [-1], gain: weight, bias, epsilon });
    },
  };
}

export type BatchNormParameters = NormParameters & {
  /** Running statistics: held constant by derivatives, updated by the caller from `batchStatistics`. */
  readonly running_mean: NDArray;
  readonly running_var: NDArray;
};

/**
 * Batch normalisation over every axis but the channels' (axis 1) (Ioffe and Szegedy 2015). Training contexts use the batch's
 * own biased statistics and report them; inference uses the running ones.
 */
export function batchNorm(channels: number, epsilon = 1e-5): Layer<BatchNormParameters> {
  return {
    init: (generator, dtype = 'f32') => ({
      ...initial(channels)(generator, dtype),
      running_mean: filled(0)(generator, [channels], dtype),
      running_var: filled(1)(generator, [channels], dtype),
    }),
    apply: ({ weight, bias, running_mean, running_var }, x, context) => {
      if (x.rank < 2 || x.shape[1] !== channels) {
        throw new ShapeError(`batchNorm(${channels}): axis 1 of ${describe(x)} must be ${channels}`);
      }
      if (!context?.training) {
        return batchNormOp(x, {
          gain: weight,
          bias,
          epsilon,
          mean: running_mean.stopGradient(),
          variance: running_var.stopGradient(),
        }).output;
      }
      const { output, mean, variance } = batchNormOp(x, { gain: weight, bias, epsilon });
      context.statistics(mean, variance);
      return output;
    },
  };
}

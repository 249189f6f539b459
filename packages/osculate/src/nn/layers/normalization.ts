import { batchNorm as batchNormOp, layerNorm as layerNormOp } from '../../ops/normalization.js';
import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { checkNumber, checkSizes } from '../check.js';
import { filled } from '../initializers.js';
import type { FloatDType, Layer } from '../layer.js';

export type NormParameters = { readonly weight: NDArray; readonly bias: NDArray };

const checkEpsilon = (what: string, epsilon: unknown): void =>
  checkNumber(`${what}: epsilon`, epsilon, (v) => v >= 0 && v < Infinity, 'a finite number ≥ 0');

const initial =
  (size: number): Layer<NormParameters>['init'] =>
  (generator, dtype = 'f32') => ({
    weight: filled(1)(generator, [size], dtype),
    bias: filled(0)(generator, [size], dtype),
  });

/**
 * Layer normalisation over the last axis (Ba et al. 2016): (x − mean)/√(variance + ε)·weight + bias, biased variance.
 * @example
 * const net = sequential([dense(2, 32), layerNorm(32), relu(), dense(32, 2)]);
 */
export function layerNorm(size: number, epsilon = 1e-5): Layer<NormParameters> {
  checkSizes('layerNorm', { size });
  checkEpsilon('layerNorm', epsilon);
  return {
    label: `layerNorm(${size})`,
    init: initial(size),
    apply: ({ weight, bias }, x) => {
      if (x.shape.at(-1) !== size)
        throw new ShapeError(`layerNorm(${size}): the last axis of ${describe(x)} must be ${size}`);
      return layerNormOp(x, { axes: [-1], gain: weight, bias, epsilon });
    },
  };
}

/**
 * Batch normalisation over every axis but the channels' (axis 1) (Ioffe and Szegedy 2015). A training context gets the batch's own
 * mean and biased variance, by which it normalises; an inference context gives the statistics (see `runningStatistics`).
 * @throws InputError without a context: which statistics are meant would be a guess.
 * @example
 * const net = sequential([dense(2, 8), batchNorm(8), relu(), dense(8, 2)]);
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), epochs: 2 });
 * Object.keys(run.statistics); // ['statistics.0.mean', 'statistics.0.variance']
 */
export function batchNorm(channels: number, epsilon = 1e-5): Layer<NormParameters> {
  checkSizes('batchNorm', { channels });
  checkEpsilon('batchNorm', epsilon);
  return {
    label: `batchNorm(${channels})`,
    init: initial(channels),
    apply: ({ weight, bias }, x, context) => {
      if (x.rank < 2 || x.shape[1] !== channels) {
        throw new ShapeError(`batchNorm(${channels}): axis 1 of ${describe(x)} must be ${channels}`);
      }
      if (context === undefined) {
        throw new InputError(
          `batchNorm(${channels}): apply the model with trainingContext() or inferenceContext(), which say whose statistics to use`,
        );
      }
      const running = context.running(channels, x.dtype as FloatDType);
      const { output, mean, variance } = batchNormOp(x, { gain: weight, bias, epsilon, ...running });
      if (!running) context.report({ mean, variance });
      return output;
    },
  };
}

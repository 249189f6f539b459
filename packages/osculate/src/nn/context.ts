import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import { type NDArray, zeros } from '../tensor/ndarray.js';
import type { Generator } from '../tensor/random.js';
import type { Shape } from '../tensor/shape.js';

/** A dropout mask that a training graph takes as an input. */
export interface MaskInput {
  readonly tensor: Tensor;
  readonly name: string;
  /** Probability that an element is kept. */
  readonly keep: number;
}

/** Batch statistics that a training graph computes, to be fetched beside the loss and averaged by the caller. */
export interface StatisticsOutput {
  readonly name: string;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * How a model is being applied. A training context collects what has to be fed (dropout masks) and what has to be fetched
 * (batch statistics), so that the graph itself stays a pure function.
 */
export interface Context {
  readonly training: boolean;
  /** A mask input of a shape; its values are 0 or 1/keep. */
  mask(shape: Shape, dtype: 'f32' | 'f64', keep: number): Tensor;
  /** Reports batch statistics. */
  statistics(mean: Tensor, variance: Tensor): void;
}

export interface TrainingContext extends Context {
  readonly masks: readonly MaskInput[];
  readonly batchStatistics: readonly StatisticsOutput[];
}

/** Dropout is the identity and batch normalisation uses its running statistics. */
export const inference: Context = {
  training: false,
  mask: () => {
    throw new InputError('dropout masks exist only in a training context');
  },
  statistics: () => {
    throw new InputError('batch statistics exist only in a training context');
  },
};

/** A context for one training graph; apply the model once with it, then read `masks` and `batchStatistics`. */
export function trainingContext(): TrainingContext {
  const masks: MaskInput[] = [];
  const batchStatistics: StatisticsOutput[] = [];
  return {
    training: true,
    masks,
    batchStatistics,
    mask: (shape, dtype, keep) => {
      const name = `mask.${masks.length}`;
      const tensor = input(name, dtype, shape);
      masks.push({ tensor, name, keep });
      return tensor;
    },
    statistics: (mean, variance) => {
      batchStatistics.push({ name: `statistics.${batchStatistics.length}`, mean, variance });
    },
  };
}

/** Draws fresh dropout masks: feeds for one step. Elements are 1/keep with probability keep, else 0. */
export function drawMasks(masks: readonly MaskInput[], generator: Generator): Record<string, NDArray> {
  return Object.fromEntries(
    masks.map(({ name, tensor, keep }) => {
      const mask = zeros(tensor.dtype as 'f32' | 'f64', tensor.shape);
      for (let i = 0; i < mask.data.length; i++) mask.data[i] = generator.uniform() < keep ? 1 / keep : 0;
      return [name, mask];
    }),
  );
}

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

/** Mean and variance of one batch normalisation, `[channels]` each. */
export type Statistics = { readonly mean: Tensor; readonly variance: Tensor };

/**
 * How a model is being applied. A context collects what has to be fed and fetched beside the parameters, so that the graph
 * itself stays a pure function and the parameters hold nothing that an optimizer must not move.
 */
export interface Context {
  /** True in training, false in inference. */
  readonly training: boolean;
  /** A dropout mask, in training: an input of a shape whose values are 0 or 1/keep. */
  mask(shape: Shape, dtype: 'f32' | 'f64', keep: number): Tensor;
  /** Statistics to normalise by: inputs, in inference. Undefined in training: the batch's own, which are then reported. */
  running(channels: number, dtype: 'f32' | 'f64'): Statistics | undefined;
  /** Reports the statistics of the batch. */
  report(statistics: Statistics): void;
}

export interface TrainingContext extends Context {
  /** Inputs to feed: see `drawMasks`. */
  readonly masks: readonly MaskInput[];
  /** What the batch normalisations computed, in the order of application: outputs to fetch, as `{ statistics: … }`. */
  readonly statistics: readonly Statistics[];
}

export interface InferenceContext extends Context {
  /** Inputs to feed, named `statistics.0.mean`, `statistics.0.variance`, … in the order of application. */
  readonly statistics: readonly Statistics[];
}

/**
 * A context for one inference graph: dropout is the identity, batch normalisation takes its statistics from those given, in the order of
 * application, or as inputs.
 * @example
 * const context = inferenceContext();
 * const outputs = batchNorm(3).apply(parameters(batchNorm(3).init(generator(0)), 'w.'), input('x', 'f32', [8, 3]), context);
 * context.statistics.map(({ mean }) => inputName(mean)); // ['statistics.0.mean']
 */
export function inferenceContext(given: readonly Statistics[] = []): InferenceContext {
  const statistics: Statistics[] = [];
  return {
    training: false,
    statistics,
    mask: () => {
      throw new InputError('dropout masks exist only in a training context');
    },
    report: () => {
      throw new InputError('batch statistics exist only in a training context');
    },
    running: (channels, dtype) => {
      const own = given[statistics.length];
      const name = `statistics.${statistics.length}`;
      const inputs = own ?? {
        mean: input(`${name}.mean`, dtype, [channels]),
        variance: input(`${name}.variance`, dtype, [channels]),
      };
      statistics.push(inputs);
      return inputs;
    },
  };
}

/**
 * A context for one training graph; apply the model once with it, then read `masks` and `statistics`.
 * @example
 * const context = trainingContext();
 * const model = sequential([dense(2, 4), dropout(0.5)]);
 * const weights = model.init(generator(0));
 * const outputs = model.apply(parameters(weights, 'w.'), input('x', 'f32', [8, 2]), context);
 * const feeds = drawMasks(context.masks, generator(1)); // beside w.… and x
 */
export function trainingContext(): TrainingContext {
  const masks: MaskInput[] = [];
  const statistics: Statistics[] = [];
  return {
    training: true,
    masks,
    statistics,
    mask: (shape, dtype, keep) => {
      const name = `mask.${masks.length}`;
      const tensor = input(name, dtype, shape);
      masks.push({ tensor, name, keep });
      return tensor;
    },
    report: (batch) => {
      statistics.push(batch);
    },
    running: () => undefined,
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

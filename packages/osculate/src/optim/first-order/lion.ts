import type { Vector } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import type { Optimizer } from '../optimizer.js';
import {
  elementwiseMethod,
  type GradientOptions,
  type GradientState,
  gradientOptions,
  type Pass,
} from './gradient-method.js';

/** Learning rate 1e-3, for small models and short runs: a third to a tenth of what suits AdamW, with a weight decay as many times larger. */
export interface LionOptions extends GradientOptions {
  /** Weights of the momentum in the step and in its own update (default 0.9, 0.99). */
  readonly betas?: readonly [number, number];
}

const lionOptions: OptionNames<LionOptions> = { ...gradientOptions, betas: 1 };

export type LionState = GradientState<{ readonly momentum: Vector }>;

function lionPass(pass: Pass<'momentum'>, [b1, b2]: readonly [number, number]): void {
  const { from, to, gradient, old, parameters, rate, decay } = pass;
  const before = pass.before.momentum;
  const { momentum } = pass.after;
  const shrink = 1 - rate * decay;
  for (let i = from; i < to; i++) {
    const [m, g] = [before[i]!, gradient[i]!];
    momentum[i] = b2 * m + (1 - b2) * g;
    parameters[i] = shrink * old[i]! - rate * Math.sign(b1 * m + (1 - b1) * g);
  }
}

/**
 * Lion (Chen et al. 2023): θ ← (1 − ηλ)θ − η·sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g.
 * One gradient of a mini-batch a step; memory n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: lion({ learningRate: 1e-3 }), epochs: 2 });
 */
export function lion(options: LionOptions = {}): Optimizer<LionState> {
  checkNames('lion', options, lionOptions);
  const { betas = [0.9, 0.99] as const } = options;
  return elementwiseMethod(
    {
      name: 'Lion',
      defaults: { learningRate: 1e-3 },
      settings: { beta1: betas[0], beta2: betas[1] },
      vectors: ['momentum'],
      pass: (pass) => lionPass(pass, betas),
    },
    options,
  );
}

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

function pass({ from, to, gradient, old, parameters, rate, decay }: Pass<never>): void {
  for (let i = from; i < to; i++) parameters[i] = old[i]! - rate * (gradient[i]! + decay * old[i]!);
}

/**
 * Stochastic gradient descent (Robbins and Monro 1951): θ ← θ − η·(g + λθ). Unless η is given, it is found by a
 * short trial in the first step, as by the methods with momentum (see `gradientMethod`), and reported in the details.
 * One gradient of a mini-batch a step; no memory beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1, batchSize: 8 }), epochs: 2 });
 */
export function sgd(options: GradientOptions = {}): Optimizer<GradientState> {
  checkNames('sgd', options, gradientOptions);
  const rule = { name: 'SGD', defaults: { learningRate: 'trial' as const }, settings: {}, vectors: [], pass };
  return elementwiseMethod<never>(rule, options);
}

function heavyBallPass(pass: Pass<'velocity'>, momentum: number): void {
  const { from, to, gradient, old, parameters, rate, decay } = pass;
  const oldVelocity = pass.before.velocity;
  const { velocity } = pass.after;
  for (let i = from; i < to; i++) {
    const b = momentum * oldVelocity[i]! + gradient[i]! + decay * old[i]!;
    velocity[i] = b;
    parameters[i] = old[i]! - rate * b;
  }
}

/**
 * Stochastic gradient descent with the momentum of Polyak 1964, the heavy ball: b ← μ·b + g + λθ, θ ← θ − η·b.
 * One gradient of a mini-batch a step; memory n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: heavyBall({ momentum: 0.9 }), epochs: 2 });
 */
export function heavyBall(options: NesterovOptions = {}): Optimizer<NesterovState> {
  checkNames('heavyBall', options, nesterovOptions);
  const { momentum = 0.9 } = options;
  return elementwiseMethod(
    {
      name: 'Heavy ball',
      defaults: { learningRate: 'trial' },
      settings: { momentum },
      vectors: ['velocity'],
      pass: (pass) => heavyBallPass(pass, momentum),
    },
    options,
  );
}

/** Learning rate by a short trial in the first step, reported in its details. */
export interface NesterovOptions extends GradientOptions {
  /** μ of the velocity (default 0.9). */
  readonly momentum?: number;
}

const nesterovOptions: OptionNames<NesterovOptions> = { ...gradientOptions, momentum: 1 };

export type NesterovState = GradientState<{ readonly velocity: Vector }>;

function nesterovPass(pass: Pass<'velocity'>, momentum: number): void {
  const { from, to, gradient, old, parameters, rate, decay } = pass;
  const oldVelocity = pass.before.velocity;
  const { velocity } = pass.after;
  for (let i = from; i < to; i++) {
    const g = gradient[i]! + decay * old[i]!;
    const b = momentum * oldVelocity[i]! + g;
    velocity[i] = b;
    parameters[i] = old[i]! - rate * (g + momentum * b);
  }
}

/**
 * Stochastic gradient descent with Nesterov momentum in the form of Sutskever et al. 2013 as PyTorch computes it:
 * b ← μ·b + g, θ ← θ − η·(g + μ·b), with weight decay in g. One gradient of a mini-batch a step; memory n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: nesterov({ learningRate: 0.05 }), epochs: 2 });
 */
export function nesterov(options: NesterovOptions = {}): Optimizer<NesterovState> {
  checkNames('nesterov', options, nesterovOptions);
  const { momentum = 0.9 } = options;
  return elementwiseMethod(
    {
      name: 'Nesterov',
      defaults: { learningRate: 'trial' },
      settings: { momentum },
      vectors: ['velocity'],
      pass: (pass) => nesterovPass(pass, momentum),
    },
    options,
  );
}

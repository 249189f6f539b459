import type { Vector } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import type { Optimizer } from '../optimizer.js';
import {
  compiledPass,
  elementwiseMethod,
  type GradientOptions,
  type GradientState,
  gradientOptions,
  type Pass,
} from './gradient-method.js';

/** Learning rate 1e-3. */
export interface RmspropOptions extends GradientOptions {
  /** Decay rate of the mean of squares (default 0.99). */
  readonly alpha?: number;
  /** ε, added to the root (default 1e-8). */
  readonly epsilon?: number;
  /** μ of the velocity (default 0). */
  readonly momentum?: number;
}

const rmspropOptions: OptionNames<RmspropOptions> = { ...gradientOptions, alpha: 1, epsilon: 1, momentum: 1 };

export type RmspropState = GradientState<{ readonly square: Vector; readonly velocity: Vector }>;

type Settings = Required<Pick<RmspropOptions, 'alpha' | 'epsilon' | 'momentum'>>;

function rmspropPass(pass: Pass<'square' | 'velocity'>, { alpha, epsilon, momentum }: Settings): void {
  const { from, to, gradient, old, parameters, rate, decay, before, after } = pass;
  const { square: oldSquare, velocity: oldVelocity } = before;
  const { square, velocity } = after;
  const all = [decay, alpha, 1 - alpha, momentum, epsilon, rate];
  if (compiledPass('rmspropSingle', pass, ['square', 'velocity'], all)) return;
  for (let i = from; i < to; i++) {
    const g = gradient[i]! + decay * old[i]!;
    const s = alpha * oldSquare[i]! + (1 - alpha) * g * g;
    const b = momentum * oldVelocity[i]! + g / (Math.sqrt(s) + epsilon);
    square[i] = s;
    velocity[i] = b;
    parameters[i] = old[i]! - rate * b;
  }
}

/**
 * RMSProp (Tieleman and Hinton 2012) with momentum as in PyTorch: s ← αs + (1 − α)g², b ← μ·b + g/(√s + ε), θ ← θ − η·b, with weight
 * decay in g. One gradient of a mini-batch a step; memory 2 n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: rmsprop(), epochs: 2 });
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer<RmspropState> {
  checkNames('rmsprop', options, rmspropOptions);
  const { alpha = 0.99, epsilon = 1e-8, momentum = 0 } = options;
  const settings = { alpha, epsilon, momentum };
  return elementwiseMethod(
    {
      name: 'RMSProp',
      defaults: { learningRate: 1e-3 },
      settings,
      vectors: ['square', 'velocity'],
      pass: (pass) => rmspropPass(pass, settings),
    },
    options,
  );
}

import type { Vector } from '../objective.js';
import type { Optimizer } from '../optimizer.js';
import { elementwiseMethod, type Pass } from './elementwise-method.js';
import type { GradientOptions, GradientState } from './gradient-method.js';

/** Learning rate 0.01. */
export interface NesterovOptions extends GradientOptions {
  /** Default 0.9. */
  readonly momentum?: number;
}

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
 */
export function nesterov(options: NesterovOptions = {}): Optimizer<NesterovState> {
  const { momentum = 0.9 } = options;
  return elementwiseMethod(
    {
      name: 'Nesterov',
      defaults: { learningRate: 0.01 },
      settings: { momentum },
      vectors: ['velocity'],
      pass: (pass) => nesterovPass(pass, momentum),
    },
    options,
  );
}

import type { Optimizer } from '../optimizer.js';
import { elementwiseMethod, type Pass } from './elementwise-method.js';
import type { GradientOptions, GradientState } from './gradient-method.js';

function pass({ from, to, gradient, old, parameters, rate, decay }: Pass<never>): void {
  for (let i = from; i < to; i++) parameters[i] = old[i]! - rate * (gradient[i]! + decay * old[i]!);
}

/**
 * Stochastic gradient descent (Robbins and Monro 1951): θ ← θ − η·(g + λθ), η = 0.01 by default.
 * One gradient of a mini-batch a step; no memory beside the parameters.
 */
export function sgd(options: GradientOptions = {}): Optimizer<GradientState> {
  const rule = { name: 'SGD', defaults: { learningRate: 0.01 }, settings: {}, vectors: [], pass };
  return elementwiseMethod<never>(rule, options);
}

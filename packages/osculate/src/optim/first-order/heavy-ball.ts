import type { Optimizer } from '../optimizer.js';
import { elementwiseMethod, type Pass } from './elementwise-method.js';
import type { NesterovOptions, NesterovState } from './nesterov.js';

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
 */
export function heavyBall(options: NesterovOptions = {}): Optimizer<NesterovState> {
  const { momentum = 0.9 } = options;
  return elementwiseMethod(
    {
      name: 'Heavy ball',
      defaults: { learningRate: 0.01 },
      settings: { momentum },
      vectors: ['velocity'],
      pass: (pass) => heavyBallPass(pass, momentum),
    },
    options,
  );
}

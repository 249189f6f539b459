import type { Vector } from '../objective.js';
import { drawRows, like, type Optimizer, type OptimizerState } from '../optimizer.js';

export interface NesterovOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly momentum?: number;
  /** Rows a step (default 200). */
  readonly batchSize?: number;
}

export interface NesterovState extends OptimizerState {
  readonly velocity: Vector;
}

/**
 * Stochastic gradient descent with Nesterov momentum in the form of Sutskever et al. 2013 as PyTorch computes it:
 * b ← μ·b + g, θ ← θ − η·(g + μ·b). One gradient of a mini-batch a step; memory n beside the parameters.
 */
export function nesterov(options: NesterovOptions = {}): Optimizer<NesterovState> {
  const { learningRate = 0.01, momentum = 0.9, batchSize = 200 } = options;
  return {
    name: 'Nesterov',
    settings: { learningRate, momentum, batchSize },
    init: (parameters) => ({ parameters, step: 0, velocity: parameters.slice().fill(0) }),
    step: async (state, { objective, generator }) => {
      const { value, gradient } = await objective.valueAndGradient(
        state.parameters,
        drawRows(objective, batchSize, generator),
      );
      const step = state.step + 1;
      const rejected = { state: { ...state, step }, report: { loss: value, accepted: false, details: {} } };
      if (!Number.isFinite(value)) return rejected;
      const { parameters: old, velocity: oldVelocity } = state;
      const [parameters, velocity] = [like(gradient), like(gradient)];
      let sum = 0;
      for (let i = 0; i < parameters.length; i++) {
        const g = gradient[i]!;
        const b = momentum * oldVelocity[i]! + g;
        sum += Math.abs(g);
        velocity[i] = b;
        parameters[i] = old[i]! - learningRate * (g + momentum * b);
      }
      if (!Number.isFinite(sum)) return rejected;
      return { state: { parameters, step, velocity }, report: { loss: value, accepted: true, details: {} } };
    },
  };
}

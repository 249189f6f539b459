import type { Vector } from '../objective.js';
import { allFinite, drawRows, type Optimizer, type OptimizerState } from '../optimizer.js';

export interface AdamOptions {
  /** Default 1e-3. */
  readonly learningRate?: number;
  /** Decay rates of the two moments (default 0.9, 0.999). */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Rows a step (default 200). */
  readonly batchSize?: number;
}

export interface AdamState extends OptimizerState {
  readonly first: Vector;
  readonly second: Vector;
}

/**
 * Adam (Kingma and Ba 2015): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η·m̂/(√v̂ + ε) with bias-corrected m̂, v̂.
 * One gradient of a mini-batch a step; memory 2 n beside the parameters.
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  const { learningRate = 1e-3, betas = [0.9, 0.999] as const, epsilon = 1e-8, batchSize = 200 } = options;
  const [b1, b2] = betas;
  return {
    name: 'Adam',
    settings: { learningRate, beta1: b1, beta2: b2, epsilon, batchSize },
    init: (parameters) => ({
      parameters,
      step: 0,
      first: parameters.slice().fill(0),
      second: parameters.slice().fill(0),
    }),
    step: async (state, { objective, generator }) => {
      const { value, gradient } = await objective.valueAndGradient(
        state.parameters,
        drawRows(objective, batchSize, generator),
      );
      const step = state.step + 1;
      if (!Number.isFinite(value) || !allFinite(gradient)) {
        return { state: { ...state, step }, report: { loss: value, accepted: false, details: {} } };
      }
      const parameters = state.parameters.slice();
      const [first, second] = [state.first.slice(), state.second.slice()];
      const rate = learningRate / (1 - b1 ** step);
      const correction = 1 / Math.sqrt(1 - b2 ** step);
      for (let i = 0; i < parameters.length; i++) {
        const g = gradient[i]!;
        const m = b1 * first[i]! + (1 - b1) * g;
        const v = b2 * second[i]! + (1 - b2) * g * g;
        first[i] = m;
        second[i] = v;
        parameters[i]! -= (rate * m) / (Math.sqrt(v) * correction + epsilon);
      }
      return { state: { parameters, step, first, second }, report: { loss: value, accepted: true, details: {} } };
    },
  };
}

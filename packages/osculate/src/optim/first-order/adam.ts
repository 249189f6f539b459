import type { Vector } from '../objective.js';
import type { Optimizer } from '../optimizer.js';
import { adamPass } from './adam-pass.js';
import { elementwiseMethod } from './elementwise-method.js';
import type { GradientOptions, GradientState } from './gradient-method.js';

/** Learning rate 1e-3. */
export interface AdamOptions extends GradientOptions {
  /** Decay rates of the two moments (default 0.9, 0.999). */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
}

export type AdamState = GradientState<{ readonly first: Vector; readonly second: Vector }>;

/**
 * Adam (Kingma and Ba 2015): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η·m̂/(√v̂ + ε) with bias-corrected m̂, v̂; weight
 * decay is added to g. One gradient of a mini-batch a step; memory 2 n beside the parameters.
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  const { betas = [0.9, 0.999] as const, epsilon = 1e-8 } = options;
  return elementwiseMethod(
    {
      name: 'Adam',
      defaults: { learningRate: 1e-3 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon },
      vectors: ['first', 'second'],
      pass: (pass) => adamPass(pass, { betas, epsilon, decoupled: false }),
    },
    options,
  );
}

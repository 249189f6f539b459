import type { Optimizer } from '../optimizer.js';
import type { AdamOptions, AdamState } from './adam.js';
import { adamPass } from './adam-pass.js';
import { elementwiseMethod } from './elementwise-method.js';

/**
 * AdamW (Loshchilov and Hutter 2019): Adam whose weight decay λ (default 0.01) does not pass through the moments:
 * θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε). One gradient of a mini-batch a step; memory 2 n beside the parameters.
 */
export function adamW(options: AdamOptions = {}): Optimizer<AdamState> {
  const { betas = [0.9, 0.999] as const, epsilon = 1e-8 } = options;
  return elementwiseMethod(
    {
      name: 'AdamW',
      defaults: { learningRate: 1e-3, weightDecay: 0.01 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon },
      vectors: ['first', 'second'],
      pass: (pass) => adamPass(pass, { betas, epsilon, decoupled: true }),
    },
    options,
  );
}

import type { Loss } from '../../nn/index.js';
import type { Optimizer } from '../optimizer.js';
import { sampledGradient } from './sampled-gradient.js';
import { type SophiaOptions, type SophiaState, sophiaMethod } from './sophia.js';

export interface SophiaGOptions extends SophiaOptions {
  /** The objective's loss: it draws the labels. */
  readonly loss: Loss;
  /** ρ (default 0.04): the larger, the fewer coordinates are clipped. */
  readonly rho?: number;
}

/**
 * Sophia-G (Liu et al. 2024): steps η·sign(m)·min(1, |m|/max(ρ·h, 1e-15)) with decoupled weight decay, h the EMA of B·ĝ², where ĝ is
 * a gradient for labels drawn from the model and B their number (the loss's normalizer), so that h estimates the diagonal of the
 * Gauss-Newton matrix. Their code keeps ĝ² and has B (their "bs") and a sum instead of the maximum in the step: the same to 1e-15.
 * Cost: one gradient of a mini-batch a step, a forward pass and a gradient more every `interval` steps; memory 2 n.
 */
export function sophiaG(options: SophiaGOptions): Optimizer<SophiaState> {
  const { loss, rho = 0.04 } = options;
  return sophiaMethod(
    {
      name: 'Sophia-G',
      settings: { rho },
      scale: rho,
      least: 1e-15,
      estimate: async ({ objective, state, rows, generator }) => {
        const { gradient, normalizer } = await sampledGradient(objective, loss, state.parameters, rows, generator);
        for (let i = 0; i < gradient.length; i++) gradient[i] = normalizer * gradient[i]! * gradient[i]!;
        return gradient;
      },
    },
    options,
  );
}

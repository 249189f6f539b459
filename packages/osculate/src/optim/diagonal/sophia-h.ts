import type { Optimizer } from '../optimizer.js';
import { like } from '../optimizer.js';
import { hessianProbe } from './hessian-probe.js';
import { type SophiaOptions, type SophiaState, sophiaMethod } from './sophia.js';

export interface SophiaHOptions extends SophiaOptions {
  /** γ (default 0.01): the larger, the fewer coordinates are clipped. */
  readonly gamma?: number;
}

/**
 * Sophia-H (Liu et al. 2024): steps η·sign(m)·min(1, |m|/max(γ·h, 1e-8)) with decoupled weight decay, h the EMA of Hutchinson's
 * estimate z∘(H·z) of the Hessian's diagonal, z standard normal. Where h is negative the step is that of the sign.
 * Cost: one gradient of a mini-batch a step, about two more every `interval` steps; memory 2 n beside the parameters.
 */
export function sophiaH(options: SophiaHOptions = {}): Optimizer<SophiaState> {
  const { gamma = 0.01 } = options;
  return sophiaMethod(
    {
      name: 'Sophia-H',
      settings: { gamma },
      scale: gamma,
      least: 1e-8,
      estimate: ({ objective, state, rows, generator }) => {
        const z = like(state.parameters);
        for (let i = 0; i < z.length; i++) z[i] = generator.normal();
        return hessianProbe(objective, state.parameters, rows, z);
      },
    },
    options,
  );
}

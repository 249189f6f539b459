import type { RegionRule } from './region-method.js';

/** The damping λ after a step: a quarter when the model is trustworthy (ρ > ¾), four times as much when not (ρ < ¼). */
export const dampingRule: RegionRule = {
  accept: 1e-4,
  next: (damping, rho) => {
    if (!(rho >= 0.25)) return Math.min(4 * damping, 1e100);
    return rho > 0.75 ? Math.max(0.25 * damping, 1e-100) : damping;
  },
};

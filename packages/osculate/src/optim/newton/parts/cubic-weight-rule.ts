import type { RegionRule } from './region-method.js';

/**
 * The weight σ of the cubic term after a step: a quarter when the model keeps its promise (ρ > 0.9), four times as much when the
 * step is refused (ρ < 0.1), otherwise unchanged (Cartis, Gould and Toint 2011, part I, section 7, with their 2 replaced by 4).
 * The ratio is taken with the quadratic part of the model.
 */
export const cubicWeightRule: RegionRule = {
  accept: 0.1,
  next: (sigma, rho) => {
    if (!(rho >= 0.1)) return Math.min(4 * sigma, 1e100);
    return rho > 0.9 ? Math.max(0.25 * sigma, 1e-100) : sigma;
  },
};

import type { RegionRule } from './region-method.js';

/**
 * The trust radius after a step (Nocedal and Wright 2006, algorithm 4.1): a quarter of the step that disappoints (ρ < ¼), twice
 * the radius when a step to the boundary keeps its promise (ρ > ¾). A zero or infinite radius cannot arise.
 */
export const radiusRule: RegionRule = {
  accept: 1e-4,
  next: (radius, rho, length) => {
    if (!(rho >= 0.25)) return 0.25 * Math.min(radius, length);
    return rho > 0.75 && length > 0.99 * radius ? Math.min(2 * radius, 1e100) : radius;
  },
};

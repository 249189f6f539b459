import { gaussNewtonMatrix } from '../curvature-sources/gauss-newton-matrix.js';
import type { Optimizer } from '../optimizer.js';
import { type NewtonCgOptions, newtonCg } from './newton-cg.js';

/**
 * Gauss-Newton-CG, matrix-free: Newton-CG on the generalised Gauss-Newton matrix, which has no negative curvature when the loss is
 * convex in the outputs. Cost a step: a gradient, one product (less than two gradients) an inner iteration, one value a trial.
 * @throws InputError when the objective has no outputs (a plain function).
 */
export function gaussNewtonCg(options: Omit<NewtonCgOptions, 'curvature'> = {}): Optimizer {
  return { ...newtonCg({ ...options, curvature: gaussNewtonMatrix }), name: 'Gauss-Newton-CG' };
}

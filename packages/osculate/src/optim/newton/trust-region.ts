import { shiftedMinimizer } from '../../linalg/trust-region/more-sorensen.js';
import { radiusRule } from '../../linalg/trust-region/rules.js';
import { type CurvatureMatrix, hessianMatrix } from '../../objective/matrices.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { denseDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { spectralModelAt } from './parts/eigen-model.js';
import { type RegionState, regionMethod } from './parts/region-method.js';

export interface TrustRegionOptions {
  /** First trust radius (0.5). */
  readonly radius?: number;
  /** B (default the Hessian). */
  readonly curvature?: CurvatureMatrix;
}

export const trustRegionOptions: OptionNames<TrustRegionOptions> = { radius: 1, curvature: 1 };

/**
 * Newton's method in a trust region, its subproblem min gᵀp + ½·pᵀBp, ‖p‖ ≤ Δ solved exactly, the hard case included (Moré and
 * Sorensen 1983), in the eigenbasis of B. Leaves saddles, converges to points of second order, quadratically where B is the
 * Hessian. Cost a step: about 2n gradients, 9n³ operations, one value a trial. Memory: a few n².
 * For smooth functions of few parameters, minimised to the last digits; not for networks, where `trustRegionNewtonCg` or `kfac` takes its place.
 * @throws InputError when the radius is not positive.
 * @example
 * const { x, status } = await minimize(rosenbrock, [-1.2, 1], { method: trustRegion() });
 * x; // [1.000, 1.000]
 * status; // 'converged'
 */
export function trustRegion(options: TrustRegionOptions = {}): Optimizer<RegionState> {
  checkNames('trustRegion', options, trustRegionOptions);
  const { radius = 0.5, curvature = hessianMatrix } = options;
  checkOptions('trustRegion', { 'a finite number > 0': { radius } });
  return regionMethod({
    name: 'Trust region',
    demand: denseDemand(curvature.name, 4, 4),
    settings: { radius, curvature: curvature.name },
    region: radius,
    rule: radiusRule,
    model: (objective, at) =>
      spectralModelAt(curvature, objective, at, (model, region) => shiftedMinimizer(model, region, 0)),
  });
}

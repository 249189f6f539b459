import { exactHessian } from '../curvature-sources/exact-hessian.js';
import type { CurvatureSource } from '../curvature-sources/source.js';
import type { Optimizer } from '../optimizer.js';
import { cubicWeightRule } from './parts/cubic-weight-rule.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import { requirePositive } from './parts/require-positive.js';
import { shiftedMinimizer } from './parts/spectral-model.js';
import { spectralModelAt } from './parts/spectral-model-at.js';

export interface AdaptiveCubicOptions {
  /** First weight σ of the cubic term (1). */
  readonly weight?: number;
  readonly curvature?: CurvatureSource;
}

/**
 * Adaptive regularisation with cubics (ARC: Cartis, Gould and Toint 2011): each step is the global minimiser of
 * gᵀp + ½·pᵀBp + (σ/3)·‖p‖³, from its secular equation ‖p(μ)‖ = μ/σ in the eigenbasis of B, hard case included. Leaves
 * saddles; quadratic convergence where B is the Hessian; O(ε^−3/2) steps to ‖g‖ ≤ ε in the worst case. For small n. Cost a step:
 * about 2n gradients, 9n³ operations, one value a trial. Memory: a few n².
 * @throws InputError when the weight is not positive.
 */
export function adaptiveCubic(options: AdaptiveCubicOptions = {}): Optimizer<RegionState> {
  const { weight = 1, curvature = exactHessian } = options;
  return regionMethod({
    name: 'ARC',
    settings: { weight, curvature: curvature.name },
    region: requirePositive('adaptiveCubic', 'weight', weight),
    rule: cubicWeightRule,
    model: (objective, at) =>
      spectralModelAt(curvature, objective, at, (model, sigma) => shiftedMinimizer(model, 0, 1 / sigma)),
  });
}

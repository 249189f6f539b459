import { shiftedMinimizer } from '../../linalg/trust-region/more-sorensen.js';
import { cubicWeightRule } from '../../linalg/trust-region/rules.js';
import { type CurvatureMatrix, hessianMatrix } from '../../objective/matrices.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { denseDemand, productsDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { krylovModelAt, spectralModelAt } from './parts/eigen-model.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { rowBatchOptions } from './parts/row-batches.js';

export interface AdaptiveCubicOptions {
  /** First weight σ of the cubic term (1). */
  readonly weight?: number;
  /** B (default the Hessian). */
  readonly curvature?: CurvatureMatrix;
}

const adaptiveCubicOptions: OptionNames<AdaptiveCubicOptions> = { weight: 1, curvature: 1 };

/**
 * Adaptive regularisation with cubics (ARC: Cartis, Gould and Toint 2011): each step is the global minimiser of gᵀp + ½·pᵀBp + (σ/3)·‖p‖³,
 * from its secular equation ‖p(μ)‖ = μ/σ in the eigenbasis of B, hard case included. Leaves saddles; quadratic convergence where B is the
 * Hessian; O(ε^−3/2) steps to ‖g‖ ≤ ε in the worst case. Cost a step: about 2n gradients, 9n³ operations, one value a trial. Memory: a few
 * n². For smooth functions of few parameters, minimised to the last digits; not for networks, where `adaptiveCubicLanczos` or `kfac` takes
 * its place.
 * @throws InputError when the weight is not positive.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: adaptiveCubic() });
 * x; // [1.000, 1.000]
 */
export function adaptiveCubic(options: AdaptiveCubicOptions = {}): Optimizer<RegionState> {
  checkNames('adaptiveCubic', options, adaptiveCubicOptions);
  const { weight = 1, curvature = hessianMatrix } = options;
  checkOptions('adaptiveCubic', { 'a finite number > 0': { weight } });
  return regionMethod({
    name: 'ARC',
    demand: denseDemand(curvature.name, 4, 4),
    settings: { weight, curvature: curvature.name },
    region: weight,
    rule: cubicWeightRule,
    model: (objective, at) =>
      spectralModelAt(curvature, objective, at, (model, sigma) => shiftedMinimizer(model, 0, 1 / sigma)),
  });
}

export interface AdaptiveCubicLanczosOptions extends AdaptiveCubicOptions, RowBatchOptions {
  /** Dimension of the Krylov space at most (30). */
  readonly dimension?: number;
}

const adaptiveCubicLanczosOptions: OptionNames<AdaptiveCubicLanczosOptions> = {
  ...adaptiveCubicOptions,
  ...rowBatchOptions,
  dimension: 1,
};

/**
 * ARC, matrix-free: the cubic model is minimised exactly in the Krylov space of the gradient by Lanczos's process (Cartis, Gould and
 * Toint 2011, part I, section 6). Cost a step: a gradient, `dimension` products (about two gradients each), one value a trial;
 * a trial that is refused costs no product. Memory: `dimension` vectors.
 * @throws InputError when the weight or the dimension is not positive.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: adaptiveCubicLanczos() });
 * x; // [1.000, 1.000]
 */
export function adaptiveCubicLanczos(options: AdaptiveCubicLanczosOptions = {}): Optimizer<RegionState> {
  checkNames('adaptiveCubicLanczos', options, adaptiveCubicLanczosOptions);
  const { weight = 1, curvature = hessianMatrix, dimension = 30 } = options;
  checkOptions('adaptiveCubicLanczos', { 'an integer ≥ 1': { dimension } });
  checkOptions('adaptiveCubicLanczos', { 'a finite number > 0': { weight } });
  return regionMethod({
    name: 'ARC (Lanczos)',
    demand: productsDemand(dimension, dimension + 8),
    settings: { weight, curvature: curvature.name, dimension },
    region: weight,
    rule: cubicWeightRule,
    batchSize: options.batchSize,
    model: (objective, at) =>
      krylovModelAt(curvature, objective, at, dimension, (model, sigma) => shiftedMinimizer(model, 0, 1 / sigma)),
  });
}

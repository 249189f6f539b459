import { exactHessian } from '../curvature-sources/exact-hessian.js';
import type { Optimizer } from '../optimizer.js';
import type { AdaptiveCubicOptions } from './adaptive-cubic.js';
import { cubicWeightRule } from './parts/cubic-weight-rule.js';
import { krylovModelAt } from './parts/krylov-model-at.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import { requirePositive } from './parts/require-positive.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { shiftedMinimizer } from './parts/spectral-model.js';

export interface AdaptiveCubicLanczosOptions extends AdaptiveCubicOptions, RowBatchOptions {
  /** Dimension of the Krylov space at most (30). */
  readonly dimension?: number;
}

/**
 * ARC, matrix-free: the cubic model is minimised exactly in the Krylov space of the gradient by Lanczos's process (Cartis, Gould and
 * Toint 2011, part I, section 6). Cost a step: a gradient, `dimension` products (about two gradients each), one value a trial;
 * a trial that is refused costs no product. Memory: `dimension` vectors.
 * @throws InputError when the weight or the dimension is not positive.
 */
export function adaptiveCubicLanczos(options: AdaptiveCubicLanczosOptions = {}): Optimizer<RegionState> {
  const { weight = 1, curvature = exactHessian, dimension = 30 } = options;
  requirePositive('adaptiveCubicLanczos', 'dimension', dimension);
  return regionMethod({
    name: 'ARC (Lanczos)',
    settings: { weight, curvature: curvature.name, dimension },
    region: requirePositive('adaptiveCubicLanczos', 'weight', weight),
    rule: cubicWeightRule,
    batchSize: options.batchSize,
    model: (objective, at) =>
      krylovModelAt(curvature, objective, at, dimension, (model, sigma) => shiftedMinimizer(model, 0, 1 / sigma)),
  });
}

import { exactHessian } from '../curvature-sources/exact-hessian.js';
import type { Optimizer } from '../optimizer.js';
import { dampingRule } from './parts/damping-rule.js';
import { krylovModelAt } from './parts/krylov-model-at.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import { requirePositive } from './parts/require-positive.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { saddleFreeStep } from './parts/saddle-free-step.js';
import type { SaddleFreeNewtonOptions } from './saddle-free-newton.js';

export interface SaddleFreeKrylovOptions extends SaddleFreeNewtonOptions, RowBatchOptions {
  /** Dimension of the Krylov space at most (30). */
  readonly dimension?: number;
}

/**
 * Saddle-free Newton, matrix-free (Dauphin et al. 2014, algorithm 1): |B| is formed in the Krylov space of the gradient from Lanczos's
 * process. Cost a step: a gradient, `dimension` products (about two gradients each), one value a trial. Memory: `dimension` vectors.
 * @throws InputError when the damping or the dimension is not positive.
 */
export function saddleFreeKrylov(options: SaddleFreeKrylovOptions = {}): Optimizer<RegionState> {
  const { damping = 1e-3, curvature = exactHessian, dimension = 30 } = options;
  requirePositive('saddleFreeKrylov', 'dimension', dimension);
  return regionMethod({
    name: 'Saddle-free Newton (Krylov)',
    settings: { damping, curvature: curvature.name, dimension },
    region: requirePositive('saddleFreeKrylov', 'damping', damping),
    rule: dampingRule,
    batchSize: options.batchSize,
    model: (objective, at) => krylovModelAt(curvature, objective, at, dimension, saddleFreeStep),
  });
}

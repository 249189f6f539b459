import { exactHessian } from '../curvature-sources/exact-hessian.js';
import type { CurvatureSource } from '../curvature-sources/source.js';
import type { Optimizer } from '../optimizer.js';
import { dampingRule } from './parts/damping-rule.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import { requirePositive } from './parts/require-positive.js';
import { saddleFreeStep } from './parts/saddle-free-step.js';
import { spectralModelAt } from './parts/spectral-model-at.js';

export interface SaddleFreeNewtonOptions {
  /** First damping λ (1e-3). */
  readonly damping?: number;
  readonly curvature?: CurvatureSource;
}

/**
 * Saddle-free Newton (Dauphin et al. 2014): p = −(|B| + λI)⁻¹g, eigenvalues replaced by their absolute values, so that saddles repel
 * as strongly as minima attract; λ follows the gain ratio. For small n. Cost a step: about 2n gradients, 9n³ operations, one value
 * a trial. Memory: a few n².
 * @throws InputError when the damping is not positive.
 */
export function saddleFreeNewton(options: SaddleFreeNewtonOptions = {}): Optimizer<RegionState> {
  const { damping = 1e-3, curvature = exactHessian } = options;
  return regionMethod({
    name: 'Saddle-free Newton',
    settings: { damping, curvature: curvature.name },
    region: requirePositive('saddleFreeNewton', 'damping', damping),
    rule: dampingRule,
    model: (objective, at) => spectralModelAt(curvature, objective, at, saddleFreeStep),
  });
}

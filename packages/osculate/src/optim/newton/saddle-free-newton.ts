import type { SpectralModel } from '../../linalg/trust-region/more-sorensen.js';
import { dampingRule } from '../../linalg/trust-region/rules.js';
import { type CurvatureMatrix, hessianMatrix } from '../../objective/matrices.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { denseDemand, productsDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { krylovModelAt, spectralModelAt } from './parts/eigen-model.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { rowBatchOptions } from './parts/row-batches.js';

export interface SaddleFreeNewtonOptions {
  /** First damping λ (1e-3). */
  readonly damping?: number;
  /** B (default the Hessian). */
  readonly curvature?: CurvatureMatrix;
}

const saddleFreeNewtonOptions: OptionNames<SaddleFreeNewtonOptions> = { damping: 1, curvature: 1 };

/** −cᵢ/(|λᵢ| + damping), in the eigenbasis. */
function saddleFreeStep({ values, slopes }: SpectralModel, damping: number): Float64Array {
  return slopes.map((c, i) => (c === 0 ? 0 : -c / (Math.abs(values[i]!) + damping)));
}

/**
 * Saddle-free Newton (Dauphin et al. 2014): p = −(|B| + λI)⁻¹g, eigenvalues replaced by their absolute values, so that saddles repel as
 * strongly as minima attract; λ follows the gain ratio. Cost a step: about 2n gradients, 9n³ operations, one value a trial. Memory: a few n².
 * For smooth functions of few parameters, minimised to the last digits; not for networks, where `saddleFreeKrylov` or `kfac` takes its place.
 * @throws InputError when the damping is not positive.
 * @example
 * const saddle = fn((x) => x.at(0).square().add(x.at(1).square().sub(1).square()));
 * const { x } = await minimize(saddle, [1, 0.01], { method: saddleFreeNewton() });
 * x; // [0.000, 1.000]
 */
export function saddleFreeNewton(options: SaddleFreeNewtonOptions = {}): Optimizer<RegionState> {
  checkNames('saddleFreeNewton', options, saddleFreeNewtonOptions);
  const { damping = 1e-3, curvature = hessianMatrix } = options;
  checkOptions('saddleFreeNewton', { 'a finite number > 0': { damping } });
  return regionMethod({
    name: 'Saddle-free Newton',
    demand: denseDemand(curvature.name, 4, 4),
    settings: { damping, curvature: curvature.name },
    region: damping,
    rule: dampingRule,
    model: (objective, at) => spectralModelAt(curvature, objective, at, saddleFreeStep),
  });
}

export interface SaddleFreeKrylovOptions extends SaddleFreeNewtonOptions, RowBatchOptions {
  /** Dimension of the Krylov space at most (30). */
  readonly dimension?: number;
}

const saddleFreeKrylovOptions: OptionNames<SaddleFreeKrylovOptions> = {
  ...saddleFreeNewtonOptions,
  ...rowBatchOptions,
  dimension: 1,
};

/**
 * Saddle-free Newton, matrix-free (Dauphin et al. 2014, algorithm 1): |B| is formed in the Krylov space of the gradient from Lanczos's
 * process. Cost a step: a gradient, `dimension` products (about two gradients each), one value a trial. Memory: `dimension` vectors.
 * @throws InputError when the damping or the dimension is not positive.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: saddleFreeKrylov() });
 * x; // [1.000, 1.000]
 */
export function saddleFreeKrylov(options: SaddleFreeKrylovOptions = {}): Optimizer<RegionState> {
  checkNames('saddleFreeKrylov', options, saddleFreeKrylovOptions);
  const { damping = 1e-3, curvature = hessianMatrix, dimension = 30 } = options;
  checkOptions('saddleFreeKrylov', { 'an integer ≥ 1': { dimension } });
  checkOptions('saddleFreeKrylov', { 'a finite number > 0': { damping } });
  return regionMethod({
    name: 'Saddle-free Newton (Krylov)',
    demand: productsDemand(dimension, dimension + 8),
    settings: { damping, curvature: curvature.name, dimension },
    region: damping,
    rule: dampingRule,
    batchSize: options.batchSize,
    model: (objective, at) => krylovModelAt(curvature, objective, at, dimension, saddleFreeStep),
  });
}

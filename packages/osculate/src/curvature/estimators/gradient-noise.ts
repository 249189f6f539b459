import { dot } from '../../linalg/krylov/vectors.js';
import { InputError } from '../../tensor/errors.js';
import type { CurvatureModel } from '../operators/model.js';
import { meanGradient, secondMomentDiagonal } from '../operators/row-gradients.js';

export interface GradientNoise {
  /** B = tr Σ / |G|²: the batch size at which the noise of the gradient is as large as the gradient. Infinite where |G|² is not positive. */
  readonly scale: number;
  /** tr Σ, the variance of a row's gradient. */
  readonly variance: number;
  /** |G|², the squared norm of the gradient's expectation; the unbiased estimate can be negative near a stationary point. */
  readonly squaredNorm: number;
}

/**
 * The simple gradient noise scale (McCandlish et al. 2018) from the gradient of each row, exact over the data set, which is taken as a sample
 * of N rows: tr Σ = N/(N−1)·(mean ‖gᵢ‖² − ‖ḡ‖²) and |G|² = ‖ḡ‖² − tr Σ/N are unbiased. Two passes over the data. InputError for
 * fewer than two rows. The model must treat rows independently (no batch statistics).
 */
export async function gradientNoise(model: CurvatureModel): Promise<GradientNoise> {
  const { rows } = model;
  if (rows < 2)
    throw new InputError('gradientNoise: the data set has one row, which has no variance; give at least two');
  const mean = await meanGradient(model);
  const squares = (await secondMomentDiagonal(model)).reduce((sum, x) => sum + x, 0);
  const length = dot(mean, mean);
  const variance = (rows / (rows - 1)) * (squares - length);
  const squaredNorm = length - variance / rows;
  return { scale: squaredNorm > 0 ? variance / squaredNorm : Infinity, variance, squaredNorm };
}

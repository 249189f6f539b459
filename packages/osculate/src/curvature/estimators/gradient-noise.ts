import { axpy, dot } from '../../linalg/vectors.js';
import { secondMomentMatrix } from '../../objective/matrices.js';
import type { At } from '../../objective/objective.js';
import { InputError } from '../../tensor/errors.js';
import { dataOnly, flattened, lossAndGradient } from '../operators/loss-and-gradient.js';
import { matrixDiagonal } from '../operators/matrix-diagonal.js';

/** How noisy the gradients of a data set are. */
export interface GradientNoise {
  /** B = tr Σ / |G|²: the batch size at which the noise of the gradient is as large as the gradient. Infinite where |G|² is not positive. */
  readonly scale: number;
  /** tr Σ, the variance of a row's gradient. */
  readonly variance: number;
  /** |G|², the squared norm of the gradient's expectation; the unbiased estimate can be negative near a stationary point. */
  readonly squaredNorm: number;
}

/**
 * The simple gradient noise scale (McCandlish et al. 2018) from the gradient of each row, exact over the data set, which is taken as a
 * sample of N rows: tr Σ = N/(N−1)·(mean ‖gᵢ‖² − ‖ḡ‖²) and |G|² = ‖ḡ‖² − tr Σ/N are unbiased. The gradient of the weight decay has no noise:
 * it is in the ḡ of |G|² alone. Two passes over the data. The model must treat rows independently (no batch statistics).
 * @throws InputError for fewer than two rows.
 * @example
 * const { scale } = await gradientNoise(objective.at(theta));
 * const batchSize = Math.round(scale); // a larger batch hardly makes better steps
 */
export async function gradientNoise(at: At): Promise<GradientNoise> {
  const { rows, layout, weightDecay } = at.objective;
  if (rows < 2)
    throw new InputError('gradientNoise: the data set has one row, which has no variance; give at least two');
  const data = dataOnly(at);
  const { gradient } = await lossAndGradient(data);
  const names = layout.slots.map(({ name }) => name);
  const diagonal = flattened(layout, await matrixDiagonal(data, secondMomentMatrix, names));
  const squares = diagonal.reduce((sum, x) => sum + x, 0);
  const variance = (rows / (rows - 1)) * (squares - dot(gradient, gradient));
  axpy(weightDecay, Float64Array.from(at.parameters), gradient);
  const squaredNorm = dot(gradient, gradient) - variance / rows;
  return { scale: squaredNorm > 0 ? variance / squaredNorm : Infinity, variance, squaredNorm };
}

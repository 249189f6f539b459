import { ShapeError } from '../../tensor/errors.js';
import type { FitStatistics } from './fit-statistics.js';
import type { ModelAt } from './model-at.js';

/** Lower and upper curves about a fit, a number a point. */
export interface Band {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface FitBands {
  /** Standard error of the fitted curve at each point, √(g C gᵀ). */
  readonly standardErrors: Float64Array;
  /** Where the true curve lies, point by point, at the level of the statistics. */
  readonly confidence: Band;
  /** Where a new observation lies: √(g C gᵀ + σ²). */
  readonly prediction: Band;
}

function band(values: Float64Array, half: (i: number) => number): Band {
  return { lower: values.map((v, i) => v - half(i)), upper: values.map((v, i) => v + half(i)) };
}

/**
 * Confidence and prediction bands f ± q√(g C gᵀ) and f ± q√(g C gᵀ + σ²), with the gradient g of the model at each point, the
 * covariance C and quantile q of the statistics, and σ the residual deviation times `sigma` (the standard deviation of a new
 * observation in the units of the fit's own, one or one a point; default 1). Each holds at its point, not for all points at once.
 * @throws ShapeError for derivatives of another number of parameters.
 */
export function fitBands(
  { values, jacobian }: ModelAt,
  statistics: FitStatistics,
  sigma: ArrayLike<number> | number = 1,
): FitBands {
  const { covariance, quantile, residualDeviation, absoluteSigma } = statistics;
  const n = covariance.rows;
  if (jacobian.length !== values.length * n) {
    throw new ShapeError(
      `fitBands: ${jacobian.length} derivatives for ${values.length} points and ${n} parameters; give a row of ${n} a point`,
    );
  }
  if (typeof sigma !== 'number' && sigma.length !== values.length)
    throw new ShapeError(`fitBands: there are ${sigma.length} values of sigma for ${values.length} points`);
  const variances = values.map((_, i) => statistics.varianceOf(jacobian.subarray(i * n, (i + 1) * n)));
  const scale = absoluteSigma ? 1 : residualDeviation;
  const noise = (i: number): number => scale * (typeof sigma === 'number' ? sigma : sigma[i]!);
  return {
    standardErrors: variances.map(Math.sqrt),
    confidence: band(values, (i) => quantile * Math.sqrt(variances[i]!)),
    prediction: band(values, (i) => quantile * Math.sqrt(variances[i]! + noise(i) ** 2)),
  };
}

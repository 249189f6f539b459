import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import { numbers, requireFunction, requireObject } from '../checks.js';
import type { Curve, Fitted } from '../fitted.js';
import type { Points } from '../residuals/fit-data.js';
import type { FitStatistics } from './fit-statistics.js';

/** Lower and upper curves about a fit, a number a point. */
export interface Band {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** What `fitBands` returns. */
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

/** What bands are made with. */
export interface FitBandsOptions {
  /** Whose level and errors the bands have; default: those of the fit, 95 %. */
  readonly statistics?: FitStatistics;
  /** Standard deviation of a new observation, in the units of the fit's own: one, or one a point; default 1. */
  readonly sigma?: ArrayLike<number> | number;
}

const fitBandsOptions: OptionNames<FitBandsOptions> = { statistics: 1, sigma: 1 };

/**
 * Confidence and prediction bands f ± q√(g C gᵀ) and f ± q√(g C gᵀ + σ²) at points of any number, with the gradient g of the model at each
 * point, the covariance C and quantile q of the statistics, and σ the residual deviation times `sigma`, all in the units of y. Each holds at
 * its point, not for all points at once. `fit` is what `curveFit`, `variableProjection` or `orthogonalDistanceFit` returned, or one of the
 * `sets` of `globalFit`.
 *
 * @example
 * const fit = curveFit((x, { a, b }) => x.mul(b).add(a), { x: [0, 1, 2, 3], y: [1.1, 2.9, 5.2, 6.8] }, { start: { a: 0, b: 1 } });
 * fitBands(fit, [4, 5]).confidence.lower; // two numbers
 * @throws InputError for points that are not finite, ShapeError for statistics or sigmas of another number.
 */
export function fitBands(
  fit: Pick<Curve, 'at'> & Partial<Pick<Fitted, 'statistics'>>,
  x: Points,
  options: FitBandsOptions = {},
): FitBands {
  checkNames('fitBands', options, fitBandsOptions);
  requireObject('fitBands: the fit', fit, 'what a fit of a model returned');
  requireObject('fitBands: the options', options, 'an object, or none');
  const { statistics = fit.statistics, sigma = 1 } = options;
  requireFunction('fitBands: "at" of the fit', fit.at);
  if (statistics === undefined) throw new InputError('fitBands: the fit has no statistics; give them');
  const { values, jacobian } = fit.at(x);
  const { covariance, quantile, residualDeviation, absoluteSigma } = statistics;
  const n = covariance.rows;
  if (jacobian.length !== values.length * n)
    throw new ShapeError(`fitBands: the statistics are of ${n} parameters; give those of this fit`);
  const sigmas = typeof sigma === 'number' ? values.map(() => sigma) : numbers('fitBands: sigma', sigma);
  if (sigmas.length !== values.length)
    throw new ShapeError(`fitBands: there are ${sigmas.length} values of sigma for ${values.length} points`);
  const variances = values.map((_, i) => statistics.varianceOf(jacobian.subarray(i * n, (i + 1) * n)));
  const scale = absoluteSigma ? 1 : residualDeviation;
  return {
    standardErrors: variances.map(Math.sqrt),
    confidence: band(values, (i) => quantile * Math.sqrt(variances[i]!)),
    prediction: band(values, (i) => quantile * Math.sqrt(variances[i]! + (scale * sigmas[i]!) ** 2)),
  };
}

import { matrix } from '../../linalg/matrix.js';
import { dot } from '../../linalg/vectors.js';
import { checkNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { GlobalResult, SetResult } from '../global/result.js';
import {
  type FitStatistics,
  type FitStatisticsOptions,
  fitStatistics,
  fitStatisticsOptions,
  rSquaredOf,
} from './fit-statistics.js';
import { residualDiagnostics } from './residual-diagnostics.js';

/** Statistics of a fit of several data sets. */
export interface GlobalStatistics {
  /** The statistics of all sets together. */
  readonly whole: FitStatistics;
  /**
   * Set by set, with the errors of the whole for its parameters, in the order of its model, so that `fitBands` takes it. Degrees of freedom
   * are the set's share of the whole's, by number of observations; there is no AIC or BIC of a part.
   */
  readonly sets: readonly (FitStatistics & { readonly label: string })[];
}

function part(whole: FitStatistics, fit: GlobalResult, fitted: SetResult): GlobalStatistics['sets'][number] {
  const { places, from, to, label } = fitted;
  const residuals = fit.residuals.subarray(from, to);
  const [m, n, all] = [to - from, places.length, fit.names.length];
  const residualSumOfSquares = dot(residuals, residuals);
  const degreesOfFreedom = (m * whole.degreesOfFreedom) / whole.observations;
  const plain = degreesOfFreedom > 0 ? Math.sqrt(residualSumOfSquares / degreesOfFreedom) : Number.NaN;
  // Only the whole has points enough for the median of a robust fit.
  const residualDeviation = fit.loss ? whole.residualDeviation : plain;
  const rSquared = rSquaredOf(residuals, fitted.observed);
  const block = ({ data }: FitStatistics['covariance']) =>
    matrix(
      n,
      n,
      Float64Array.from({ length: n * n }, (_, i) => data[places[Math.floor(i / n)]! * all + places[i % n]!]!),
    );
  return {
    ...whole,
    label,
    observations: m,
    degreesOfFreedom,
    residualSumOfSquares,
    residualDeviation,
    rSquared,
    adjustedRSquared: 1 - ((1 - rSquared) * (m - 1)) / degreesOfFreedom,
    aic: Number.NaN,
    aicCorrected: Number.NaN,
    bic: Number.NaN,
    parameters: places.map((place) => whole.parameters[place]!),
    covariance: block(whole.covariance),
    correlation: block(whole.correlation),
    varianceOf: (g) => {
      const spread = new Float64Array(all);
      places.forEach((place, j) => {
        spread[place]! += g[j]!;
      });
      return whole.varianceOf(spread);
    },
    diagnostics: residualDiagnostics(residuals, whole.absoluteSigma && !fit.loss ? 1 : residualDeviation),
  };
}

/**
 * Statistics of a `globalFit`, of the whole, as `fitStatistics` has them, and set by set.
 * @example
 * const line = (x: Tensor, { a, b }: Record<'a' | 'b', Tensor>) => x.mul(b).add(a);
 * const sets = [{ model: line, x: [0, 1, 2], y: [1, 3, 5.1] }, { model: line, x: [0, 1, 2], y: [4, 6.2, 8] }];
 * globalStatistics(globalFit(sets, { start: { a: 0, b: 1 }, shared: ['b'] })).sets[1]!.rSquared; // 0.99…
 * @throws InputError for a level outside 0…1, or what is no fit of several sets.
 */
export function globalStatistics(fit: GlobalResult, options: FitStatisticsOptions = {}): GlobalStatistics {
  checkNames('globalStatistics', options, fitStatisticsOptions);
  const whole = fitStatistics(fit, options);
  if (!Array.isArray(fit.sets))
    throw new InputError('globalStatistics: the fit has no sets; give what globalFit returned');
  return { whole, sets: fit.sets.map((fitted) => part(whole, fit, fitted)) };
}

import { matrix } from '../../linalg/matrix.js';
import { dot } from '../../linalg/vectors.js';
import { ShapeError } from '../../tensor/errors.js';
import type { DataSet, FittedSet, GlobalFitResult } from '../global-fit.js';
import { type FitStatistics, type FitStatisticsOptions, fitStatistics, weightedVariation } from './fit-statistics.js';
import { residualDiagnostics } from './residual-diagnostics.js';

export interface GlobalStatistics {
  readonly whole: FitStatistics;
  /**
   * Set by set, with the errors of the whole for its parameters, in the order of its model, so that `fitBands` takes it. Degrees of freedom
   * are the set's share of the whole's, by number of observations; there is no AIC or BIC of a part.
   */
  readonly sets: readonly (FitStatistics & { readonly label: string })[];
}

/** One σ an observation, or null where a covariance was given. */
function sigmas({ y, sigma = 1, covariance }: DataSet): Float64Array | null {
  if (covariance !== undefined) return null;
  return typeof sigma === 'number' ? new Float64Array(y.length).fill(sigma) : Float64Array.from(sigma);
}

function part(
  whole: FitStatistics,
  fit: GlobalFitResult,
  fitted: FittedSet,
  set: DataSet,
): GlobalStatistics['sets'][number] {
  const { places, from, to, label } = fitted;
  const residuals = fit.residuals.subarray(from, to);
  const [m, n, all] = [to - from, places.length, fit.names.length];
  const residualSumOfSquares = dot(residuals, residuals);
  const degreesOfFreedom = (m * whole.degreesOfFreedom) / whole.observations;
  const plain = degreesOfFreedom > 0 ? Math.sqrt(residualSumOfSquares / degreesOfFreedom) : Number.NaN;
  // Only the whole has points enough for the median of a robust fit.
  const residualDeviation = fit.loss ? whole.residualDeviation : plain;
  const sigma = sigmas(set);
  const rSquared = sigma ? 1 - residualSumOfSquares / weightedVariation(set.y, sigma, m) : Number.NaN;
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
 * Statistics of a `globalFit`, of the whole and set by set; `sets` are those of the fit, for R².
 * @throws ShapeError for other sets, InputError for a level outside 0…1.
 */
export function globalStatistics(
  fit: GlobalFitResult,
  sets: readonly DataSet[],
  options: Pick<FitStatisticsOptions, 'absoluteSigma' | 'level'> = {},
): GlobalStatistics {
  if (sets.length !== fit.sets.length || sets.some(({ y }, d) => y.length !== fit.sets[d]!.to - fit.sets[d]!.from))
    throw new ShapeError('globalStatistics: these are not the data sets of the fit; give the same, in the same order');
  const sigma = sets.map(sigmas);
  const known = sigma.every((values) => values !== null);
  const flat = (lists: readonly ArrayLike<number>[]): Float64Array =>
    Float64Array.from(lists.flatMap((list) => Array.from(list)));
  const observed = known ? { y: flat(sets.map(({ y }) => y)), sigma: flat(sigma) } : {};
  const whole = fitStatistics(fit, { ...options, ...observed });
  return { whole, sets: fit.sets.map((fitted, d) => part(whole, fit, fitted, sets[d]!)) };
}

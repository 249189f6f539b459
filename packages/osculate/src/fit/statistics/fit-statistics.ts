import type { Matrix } from '../../linalg/matrix.js';
import { dot } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { requireFit, requireObject, show } from '../checks.js';
import type { LeastSquaresResult } from '../result.js';
import { correlationOf, type ParameterState, type UnscaledCovariance, unscaledCovariance } from './covariance.js';
import { type ResidualDiagnostics, residualDiagnostics } from './residual-diagnostics.js';
import { robustVariance } from './robust-variance.js';
import { studentQuantile, studentTwoSided } from './student.js';
import { tiedCovariance } from './tied-covariance.js';

/** The parts of a fit that its statistics follow from. */
export type FittedModel = Pick<LeastSquaresResult, 'parameters' | 'names' | 'residuals' | 'jacobian'> &
  Partial<Pick<LeastSquaresResult, 'activeBounds' | 'constraints' | 'loss' | 'observed'>>;

/** What statistics are made with. */
export interface FitStatisticsOptions {
  /**
   * True: the sigmas (1 where none were given) are the standard deviations themselves. False, the default: they are known up to a
   * factor, which is estimated from the residuals.
   */
  readonly absoluteSigma?: boolean;
  /** Of the intervals; default 0.95. */
  readonly level?: number;
}

export const fitStatisticsOptions: OptionNames<FitStatisticsOptions> = { absoluteSigma: 1, level: 1 };

/** A parameter with its error. */
export interface ParameterStatistics {
  /** The parameter. */
  readonly name: string;
  /** The fitted value. */
  readonly value: number;
  /** Whether it was free, held at a bound, fixed or tied. */
  readonly state: ParameterState;
  /** 0 for a held or fixed parameter, ∞ for one that the data do not determine, NaN without degrees of freedom. */
  readonly standardError: number;
  /** value ± quantile·standardError. */
  readonly interval: readonly [number, number];
  /** value/standardError. */
  readonly t: number;
  /** Two-sided p-value of the hypothesis that the parameter is 0. */
  readonly p: number;
}

/** What the residuals and the Jacobian of a fit say about it. */
export interface FitStatistics {
  /** m, the number of residuals. */
  readonly observations: number;
  /** m − rank of J: observations less free parameters that the data determine. */
  readonly degreesOfFreedom: number;
  /** Σ r² of the weighted residuals. */
  readonly residualSumOfSquares: number;
  /** s = √(Σ r²/degrees of freedom), an estimate of the factor of all sigmas; median |r|/0.6745 after a robust fit. */
  readonly residualDeviation: number;
  /** 1 − Σ r²/Σ w(y − ȳ)², weighted by 1/σ²; NaN where the fit knows no observations. */
  readonly rSquared: number;
  /** R² less what further parameters would gain by chance. */
  readonly adjustedRSquared: number;
  /** m ln(Σ r²/m) + 2k, or Σ r² + 2k for absolute sigmas, with k free parameters; only differences between models of the same data count. */
  readonly aic: number;
  /** AIC with the correction for few observations; NaN where m ≤ k + 1. */
  readonly aicCorrected: number;
  /** As AIC with k ln m in place of 2k. */
  readonly bic: number;
  /** What is known of each parameter. */
  readonly parameters: readonly ParameterStatistics[];
  /** The covariance of the parameters, n×n. */
  readonly covariance: Matrix;
  /** The correlation of the parameters, n×n. */
  readonly correlation: Matrix;
  /**
   * Variance of gᵀp, a linear function of the parameters: finite also where the data determine it but no parameter in it by itself, ∞ where
   * they do not.
   */
  varianceOf(g: Float64Array): number;
  /** Condition of J with its columns scaled to length 1. */
  readonly condition: number;
  /** True where the sigmas are taken as they are. */
  readonly absoluteSigma: boolean;
  /** The level of the intervals, as 0.95. */
  readonly level: number;
  /** Of Student's distribution, or of the normal one for absolute sigmas without a robust loss. */
  readonly quantile: number;
  /** Whether the residuals look like independent normal errors. */
  readonly diagnostics: ResidualDiagnostics;
}

/** 1 − Σ r²/Σ w(y − ȳ)² with w = 1/σ²; NaN without observations. */
export function rSquaredOf(residuals: Float64Array, observed: LeastSquaresResult['observed']): number {
  if (observed === undefined) return Number.NaN;
  const { y, sigma } = observed;
  let [sum, weights] = [0, 0];
  y.forEach((value, i) => {
    sum += sigma[i]! ** -2 * value;
    weights += sigma[i]! ** -2;
  });
  const mean = sum / weights;
  let variation = 0;
  y.forEach((value, i) => {
    variation += sigma[i]! ** -2 * (value - mean) ** 2;
  });
  return 1 - dot(residuals, residuals) / variation;
}

interface Criteria {
  readonly aic: number;
  readonly aicCorrected: number;
  readonly bic: number;
}

/** No likelihood is known that a robust loss maximises. */
const noCriteria: Criteria = { aic: Number.NaN, aicCorrected: Number.NaN, bic: Number.NaN };

function criteria(sum: number, m: number, k: number, absolute: boolean): Criteria {
  const deviance = absolute ? sum : m * Math.log(sum / m);
  const aic = deviance + 2 * k;
  const aicCorrected = m > k + 1 ? aic + (2 * k * (k + 1)) / (m - k - 1) : Number.NaN;
  return { aic, aicCorrected, bic: deviance + k * Math.log(m) };
}

interface Uncertainty {
  readonly covariance: Matrix;
  readonly states: readonly ParameterState[];
  readonly degreesOfFreedom: number;
  readonly quantile: number;
}

function parameterStatistics(
  fit: FittedModel,
  { covariance, states, degreesOfFreedom, quantile }: Uncertainty,
): ParameterStatistics[] {
  const n = fit.names.length;
  return fit.names.map((name, j) => {
    const value = fit.parameters[j]!;
    const standardError = Math.sqrt(covariance.data[j * n + j]!);
    const half = standardError === 0 ? 0 : quantile * standardError;
    const t = states[j] === 'estimated' ? value / standardError : Number.NaN;
    const p = studentTwoSided(t, degreesOfFreedom);
    return { name, value, state: states[j]!, standardError, interval: [value - half, value + half], t, p };
  });
}

/** Scales by s², leaving the 0 of held parameters also where s² is NaN. */
function scaled({ rows, columns, data }: Matrix, factor: number): Matrix {
  return { rows, columns, data: data.map((c) => (c === 0 ? 0 : c * factor)) as Float64Array };
}

/** The covariance for residuals of unit variance, with tied parameters and without fixed ones. */
function unscaledOf({ jacobian, names, activeBounds, constraints }: FittedModel): UnscaledCovariance {
  if (constraints === undefined) return unscaledCovariance(jacobian, names.length, activeBounds);
  const given = (name: string): boolean => constraints.fixed.includes(name) || Object.hasOwn(constraints.tied, name);
  const held = names.map((name, j) => (given(name) ? 1 : (activeBounds?.[j] ?? 0)));
  return tiedCovariance(unscaledCovariance(jacobian, names.length, held), names, constraints);
}

/** What stands for σ² in the covariance of the parameters, and for σ. */
function variances(
  { residuals, loss }: FittedModel,
  rank: number,
  absolute: boolean,
): { scale: number; deviation: number } {
  if (loss !== undefined) {
    const { factor, deviation } = robustVariance(residuals, rank, loss.name, loss.scale);
    return { scale: factor, deviation };
  }
  const freedom = residuals.length - rank;
  const variance = freedom > 0 ? dot(residuals, residuals) / freedom : Number.NaN;
  return { scale: absolute ? 1 : variance, deviation: Math.sqrt(variance) };
}

/**
 * Statistics of a least-squares fit from its weighted residuals and their Jacobian: covariance s²(JᵀJ)⁻¹ (s² = 1 for absolute sigmas),
 * standard errors, t intervals, R², information criteria and residual diagnostics. They hold for a model that is nearly linear over the
 * range of the errors (see `profileInterval`). A fixed parameter and one held by a bound count as known; a tied one has the error of its
 * formula, by the delta method. Without degrees of freedom, errors are NaN unless sigmas are absolute. Cost 4mn² + O(n³).
 *
 * After a fit with a robust loss, s² in the covariance is Huber's κ²·[Σψ²/(m − k)]/ψ̄'² with ψ = ρ'((r/s)²)·r, whatever is said of the
 * sigmas (Huber 1973, equation 6.5; R's `rlm`), and the residual deviation is median |r|/0.6745; there is no AIC or BIC.
 * @example
 * const fit = leastSquares({ residuals: ([p]) => [p - 1, p - 2, p - 6] }, [0]);
 * fitStatistics(fit, { level: 0.99 }).parameters[0].standardError // 1.5275…
 * @throws InputError for a level outside 0…1, or what is no fit.
 */
export function fitStatistics(fit: FittedModel, options: FitStatisticsOptions = {}): FitStatistics {
  checkNames('fitStatistics', options, fitStatisticsOptions);
  requireFit('fitStatistics: the fit', fit);
  requireObject('fitStatistics: the options', options, 'an object, or none');
  const { absoluteSigma = false, level = 0.95 } = options;
  if (!(typeof level === 'number' && level > 0 && level < 1))
    throw new InputError(`fitStatistics: the level is ${show(level)}; it lies between 0 and 1, as 0.95`);
  const m = fit.residuals.length;
  const unscaled = unscaledOf(fit);
  const robust = fit.loss !== undefined;
  const residualSumOfSquares = dot(fit.residuals, fit.residuals);
  const degreesOfFreedom = m - unscaled.rank;
  const { scale, deviation } = variances(fit, unscaled.rank, absoluteSigma);
  const covariance = scaled(unscaled.matrix, scale);
  const freedom = absoluteSigma && !robust ? Number.POSITIVE_INFINITY : degreesOfFreedom;
  const quantile = freedom > 0 ? studentQuantile(level, freedom) : Number.NaN;
  const free = unscaled.states.filter((state) => state === 'estimated' || state === 'undetermined').length;
  const rSquared = rSquaredOf(fit.residuals, fit.observed);
  return {
    observations: m,
    degreesOfFreedom,
    residualSumOfSquares,
    residualDeviation: deviation,
    rSquared,
    adjustedRSquared: 1 - ((1 - rSquared) * (m - 1)) / degreesOfFreedom,
    ...(robust ? noCriteria : criteria(residualSumOfSquares, m, free, absoluteSigma)),
    parameters: parameterStatistics(fit, { covariance, states: unscaled.states, degreesOfFreedom: freedom, quantile }),
    covariance,
    correlation: correlationOf(covariance),
    varianceOf: (g) => scale * unscaled.varianceOf(g),
    condition: unscaled.condition,
    absoluteSigma,
    level,
    quantile,
    diagnostics: residualDiagnostics(fit.residuals, absoluteSigma && !robust ? 1 : deviation),
  };
}

import { checkNames, type OptionNames, optionsOf } from '../tensor/check-options.js';
import type { GlobalResult } from './global/result.js';
import type { LeastSquaresResult } from './result.js';
import type { ParameterState } from './statistics/covariance.js';
import {
  type FitStatistics,
  type FitStatisticsOptions,
  fitStatistics,
  fitStatisticsOptions,
  type ParameterStatistics,
} from './statistics/fit-statistics.js';
import { type GlobalStatistics, globalStatistics } from './statistics/global-statistics.js';

/** What a report shows, and with which statistics. */
export interface FitReportOptions extends FitStatisticsOptions {
  /** Pairs of parameters that correlate less than this are left out; default 0.1. */
  readonly leastCorrelation?: number;
  /** The formula or name of the model, for the first line. */
  readonly model?: string;
}

const fitReportOptions: OptionNames<FitReportOptions> = { ...fitStatisticsOptions, leastCorrelation: 1, model: 1 };

/** Seven significant digits. */
function digits(value: number): string {
  return short(value, 7);
}

function short(value: number, count = 3): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(count))) : String(value);
}

/** Columns under each other, as text: the first to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** Lines under a title; nothing without any. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`[[${title}]]`, ...lines.map((line) => `    ${line}`)];
}

const remarks: Partial<Record<ParameterState, string>> = {
  held: '(held at a bound)',
  fixed: '(fixed)',
  undetermined: '(not determined by the data)',
};

function parameterRow(parameter: ParameterStatistics, tied: Readonly<Record<string, string>> = {}): string[] {
  const { value, state, standardError, interval, p } = parameter;
  const formula = tied[parameter.name];
  const name = formula === undefined ? parameter.name : `${parameter.name} = ${formula}`;
  const remark = remarks[state];
  if (remark !== undefined) return [name, digits(value), '', remark, '', ''];
  const share = `(${short(Math.abs((100 * standardError) / value))}%)`;
  return [
    name,
    digits(value),
    `± ${digits(standardError)}`,
    share,
    `${digits(interval[0])} … ${digits(interval[1])}`,
    short(p, 2),
  ];
}

function correlations({ correlation, parameters }: FitStatistics, least: number): string[] {
  const n = parameters.length;
  const pairs: { label: string; value: number }[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const value = correlation.data[i * n + j]!;
      if (Math.abs(value) >= least) pairs.push({ label: `${parameters[i]!.name}, ${parameters[j]!.name}`, value });
    }
  }
  pairs.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return pairs.length === 0
    ? []
    : aligned(pairs.map(({ label, value }) => [label, `${value < 0 ? '' : '+'}${value.toFixed(4)}`]));
}

/** Below this p-value the residuals are hardly normal; likewise outside 1…3 the Durbin-Watson statistic shows serial correlation. */
const UNLIKELY = 0.01;

function diagnostics({ diagnostics: d }: FitStatistics): string[] {
  const serial = d.durbinWatson < 1 || d.durbinWatson > 3 ? '  neighbouring residuals are correlated' : '';
  const shape = d.normality < UNLIKELY ? '  the residuals are hardly normal' : '';
  return [
    `Durbin-Watson  ${short(d.durbinWatson, 4)}${serial}`,
    `normality, p   ${short(d.normality)}${shape}`,
    `largest        ${short(d.largest.deviations)} standard deviations, observation ${d.largest.index + 1}`,
  ];
}

function fitLines({ evaluations, iterations, message, status }: LeastSquaresResult, s: FitStatistics): string[] {
  const figures: [string, string][] = [
    ['observations', String(s.observations)],
    ['degrees of freedom', String(s.degreesOfFreedom)],
    ['sum of squares', digits(s.residualSumOfSquares)],
    ['residual deviation', digits(s.residualDeviation)],
    ['R²', Number.isNaN(s.rSquared) ? '' : digits(s.rSquared)],
    ['AIC', Number.isNaN(s.aic) ? '' : digits(s.aic)],
    ['BIC', Number.isNaN(s.bic) ? '' : digits(s.bic)],
    ['work', `${iterations} iterations, ${evaluations.residuals} residual vectors, ${evaluations.jacobians} Jacobians`],
  ];
  const shown = figures.filter(([, value]) => value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  return [`${status}: ${message}`, ...shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`)];
}

/** A line for each data set. */
function setLines({ sets }: GlobalStatistics): string[] {
  const head = ['', 'observations', 'sum of squares', 'residual deviation', 'R²', 'Durbin-Watson'];
  const rows = sets.map((set) => [
    set.label,
    String(set.observations),
    digits(set.residualSumOfSquares),
    digits(set.residualDeviation),
    Number.isNaN(set.rSquared) ? '' : digits(set.rSquared),
    digits(set.diagnostics.durbinWatson),
  ]);
  return aligned([head, ...rows]);
}

function isGlobal(fit: LeastSquaresResult): fit is GlobalResult {
  return 'sets' in fit;
}

/**
 * A fit as text for people: how it ended, its statistics, R² included, the parameters with errors and intervals, correlations, residual
 * diagnostics and warnings; in the manner of lmfit's `fit_report`. After `globalFit` a line for each data set follows.
 *
 * @example
 * const fit = curveFit((x, { a, b }) => x.mul(b).add(a), { x: [0, 1, 2, 3], y: [1.1, 2.9, 5.2, 6.8] }, { start: { a: 0, b: 1 } });
 * console.log(fitReport(fit, { level: 0.99 }));
 * @throws InputError for a level outside 0…1, or what is no fit.
 */
export function fitReport(fit: LeastSquaresResult, options: FitReportOptions = {}): string {
  checkNames('fitReport', options, fitReportOptions);
  const statistics = fitStatistics(fit, optionsOf<FitStatisticsOptions>(options, fitStatisticsOptions));
  const percent = short(100 * statistics.level, 6);
  const head = ['', 'value', 'standard error', '', `${percent}% interval`, 'p'];
  const rows = statistics.parameters.map((parameter) => parameterRow(parameter, fit.constraints?.tied));
  const sigmas = fit.loss
    ? `errors of an M-estimator, ${fit.loss.name} loss of scale ${digits(fit.loss.scale)}`
    : statistics.absoluteSigma
      ? 'sigmas taken as they are'
      : 'sigmas scaled by the residual deviation';
  return [
    ...section('Model', options.model === undefined ? [] : [options.model]),
    ...section('Fit', fitLines(fit, statistics)),
    ...section(`Parameters, ${sigmas}`, aligned([head, ...rows])),
    ...section('Correlations', correlations(statistics, options.leastCorrelation ?? 0.1)),
    ...section('Residuals', diagnostics(statistics)),
    ...section('Warnings', fit.warnings),
    ...section('Data sets', isGlobal(fit) ? setLines(globalStatistics(fit, options)) : []),
  ].join('\n');
}

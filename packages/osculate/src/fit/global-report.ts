import type { GlobalFitResult } from './global-fit.js';
import { aligned, digits, type FitReportOptions, fitReport, section } from './report.js';
import type { GlobalStatistics } from './statistics/global-statistics.js';

/** The report of a fit of several data sets: that of `fitReport`, then a line for each set. */
export function globalFitReport(
  fit: GlobalFitResult,
  { whole, sets }: GlobalStatistics,
  options: FitReportOptions = {},
): string {
  const head = ['', 'observations', 'sum of squares', 'residual deviation', 'R²', 'Durbin-Watson'];
  const rows = sets.map((set) => [
    set.label,
    String(set.observations),
    digits(set.residualSumOfSquares),
    digits(set.residualDeviation),
    Number.isNaN(set.rSquared) ? '' : digits(set.rSquared),
    digits(set.diagnostics.durbinWatson),
  ]);
  return [fitReport(fit, whole, options), ...section('Data sets', aligned([head, ...rows]))].join('\n');
}

export type { Bounds } from './bounds.js';
export { type CurveFitOptions, curveFit, type Model, type NumericModel, type TracedModel } from './curve-fit.js';
export { type LeastSquaresOptions, leastSquares, type Residuals } from './least-squares.js';
export { type FitReportOptions, fitReport } from './report.js';
export type { FitData } from './residuals/fit-data.js';
export type { NumericResiduals } from './residuals/numeric.js';
export type { FitEvaluations, FitStatus, LeastSquaresResult } from './result.js';
export type { LossName } from './robust.js';
export { type Band, type FitBands, fitBands } from './statistics/bands.js';
export type { ParameterState } from './statistics/covariance.js';
export {
  type FitStatistics,
  type FitStatisticsOptions,
  type FittedModel,
  fitStatistics,
  type ParameterStatistics,
} from './statistics/fit-statistics.js';
export { type ModelAt, modelAt } from './statistics/model-at.js';
export {
  type ProfileFit,
  type ProfileInterval,
  type ProfileOptions,
  type ProfilePoint,
  profileInterval,
} from './statistics/profile.js';
export type { ResidualDiagnostics } from './statistics/residual-diagnostics.js';
export { studentQuantile } from './statistics/student.js';

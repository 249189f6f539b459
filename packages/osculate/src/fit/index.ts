export { blockLeastSquares } from './blocks/block-least-squares.js';
export type { BlockProblem } from './blocks/block-problem.js';
export type { Bounds, NamedBounds } from './bounds.js';
export type { Tie } from './constraints/constraints.js';
export { type CurveFitOptions, curveFit } from './curve-fit.js';
export type { CurveFit, Fitted, ModelAt } from './fitted.js';
export { type DataSet, type FittedSet, type GlobalFitResult, globalFit } from './global-fit.js';
export { largeLeastSquares } from './large/large-least-squares.js';
export { type LeastSquaresOptions, leastSquares, type Residuals } from './least-squares.js';
export type { Model, NumericModel, TracedModel } from './model.js';
export { multiStart } from './multi-start.js';
export {
  type OrthogonalData,
  type OrthogonalDistanceResult,
  orthogonalDistanceFit,
} from './orthogonal-distance-fit.js';
export { type FitReportOptions, fitReport } from './report.js';
export type { FitData } from './residuals/fit-data.js';
export type { FitStatus, LeastSquaresResult } from './result.js';
export type { LossName } from './robust.js';
export { type FitBands, fitBands } from './statistics/bands.js';
export { type FitStatistics, fitStatistics, type ParameterStatistics } from './statistics/fit-statistics.js';
export { globalStatistics } from './statistics/global-statistics.js';
export { type ProfileInterval, profileInterval } from './statistics/profile.js';
export { studentQuantile } from './statistics/student.js';
export { type SeparableModel, variableProjection } from './variable-projection.js';

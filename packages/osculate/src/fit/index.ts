export {
  type BlockFit,
  type BlockLeastSquaresOptions,
  blockLeastSquares,
} from './blocks/block-least-squares.js';
export type { BlockProblem } from './blocks/block-problem.js';
export type { ObservationResidual } from './blocks/observation-program.js';
export type { ReducedSolver } from './blocks/schur.js';
export type { Bounds } from './bounds.js';
export type { ConstraintOptions, Tie } from './constraints/constraints.js';
export { type CurveFitOptions, curveFit, type Model, type NumericModel, type TracedModel } from './curve-fit.js';
export { type DataSet, type FittedSet, type GlobalFitOptions, type GlobalFitResult, globalFit } from './global-fit.js';
export {
  type LargeFit,
  type LargeLeastSquaresOptions,
  largeLeastSquares,
  type VarianceOptions,
} from './large/large-least-squares.js';
export { type LeastSquaresOptions, leastSquares, type Residuals } from './least-squares.js';
export {
  type Likeness,
  type Minimum,
  type MultiStartOptions,
  type MultiStartResult,
  multiStart,
  type StartBox,
} from './multi-start.js';
export {
  type OrthogonalData,
  type OrthogonalDistanceResult,
  orthogonalDistanceFit,
} from './orthogonal-distance-fit.js';
export { type FitReportOptions, fitReport, globalFitReport } from './report.js';
export type { FitData } from './residuals/fit-data.js';
export type { NumericResiduals } from './residuals/numeric.js';
export type { FitConstraints, FitEvaluations, FitStatus, LeastSquaresResult } from './result.js';
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
export { type GlobalStatistics, globalStatistics } from './statistics/global-statistics.js';
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
export type { DampedIteration, DampedOptions, DampedStatus } from './trust-region/damped-run.js';
export type { TrustRegionOptions } from './trust-region/region.js';
export {
  type BasisFunctions,
  type ProjectedJacobian,
  type SeparableModel,
  type VariableProjectionOptions,
  type VariableProjectionResult,
  variableProjection,
} from './variable-projection.js';

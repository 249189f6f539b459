export { type FunctionObjectiveOptions, functionObjective } from './function.js';
export type { LossOfRows, WeightedLoss } from './loss-of-rows.js';
export {
  type CurvatureMatrix,
  empiricalFisherMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  sampledFisherMatrix,
  secondMomentMatrix,
} from './matrices.js';
export type { At, Batch, Build, Named, Objective, PassOptions, Results } from './objective.js';
export { type DensePoint, densePoint } from './products.js';
export type { RunOptions } from './programs.js';
export { allRows, chunks, drawRows } from './rows.js';
export { type ArraysOptions, type SourceOptions, type SupervisedOptions, supervisedObjective } from './supervised.js';
export { allFinite, like, norm, type Vector } from './vector.js';

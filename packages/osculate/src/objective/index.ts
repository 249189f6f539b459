export { allFinite, norm, type Vector } from '../linalg/vectors.js';
export { functionObjective } from './function.js';
export type { LossOfRows, WeightedLoss } from './loss-of-rows.js';
export {
  type CurvatureMatrix,
  empiricalFisherMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  sampledFisherMatrix,
} from './matrices.js';
export type { Draw } from './next-rows.js';
export type { At, Batch, Build, Named, Objective, Results } from './objective.js';
export { densePoint } from './products.js';
export { allRows, drawRows } from './rows.js';
export { type SupervisedOptions, supervisedObjective } from './supervised.js';

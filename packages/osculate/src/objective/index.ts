export type { Vector } from '../linalg/vectors.js';
export { type FnOptions, fn, vectorFn } from './fn.js';
export { functionObjective } from './function.js';
export type { LossOfOutputs, LossOfRows, WeightedLoss } from './loss-of-rows.js';
export {
  type CurvatureMatrix,
  empiricalFisherMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  sampledFisherMatrix,
} from './matrices.js';
export type { At, Batch, Build, Named, Objective } from './objective.js';
export { densePoint } from './products.js';
export { allRows, drawRows } from './rows.js';
export { type SupervisedOptions, supervisedObjective } from './supervised.js';

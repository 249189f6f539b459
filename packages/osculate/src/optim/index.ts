export { type CheckpointData, fromCheckpoint, toCheckpoint } from './checkpoint.js';
export { type AdamOptions, type AdamState, adam } from './first-order/adam.js';
export { type NesterovOptions, type NesterovState, nesterov } from './first-order/nesterov.js';
export { type DampedSolution, type DampedSystem, dampedSolve } from './newton/damped-solve.js';
export { sumOfSquaredExampleGradients } from './newton/example-squares.js';
export { type HessianFreeOptions, type HessianFreeState, hessianFree } from './newton/hessian-free.js';
export { type CgState, type CgTruncation, cgAdvance, cgStart, cgStatus } from './newton/truncated-cg.js';
export {
  type BatchGraph,
  type Objective,
  type ObjectiveOptions,
  type Rows,
  supervisedObjective,
  type Vector,
} from './objective.js';
export {
  allFinite,
  drawRows,
  type Optimizer,
  type OptimizerState,
  type StepContext,
  type StepReport,
} from './optimizer.js';
export {
  allRows,
  type StopReason,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  type TrainSnapshot,
  type TrainStep,
  train,
} from './train.js';

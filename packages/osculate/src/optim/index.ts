export { type CheckpointData, fromCheckpoint, toCheckpoint } from './checkpoint.js';
export { exactHessian } from './curvature-sources/exact-hessian.js';
export { gaussNewtonMatrix } from './curvature-sources/gauss-newton-matrix.js';
export type { CurvatureSource, DensePoint } from './curvature-sources/source.js';
export { type AdagradOptions, type AdagradState, adagrad } from './first-order/adagrad.js';
export { type AdamOptions, type AdamState, adam } from './first-order/adam.js';
export { adamW } from './first-order/adamw.js';
export type { GradientOptions, GradientState } from './first-order/gradient-method.js';
export { heavyBall } from './first-order/heavy-ball.js';
export { type LionOptions, type LionState, lion } from './first-order/lion.js';
export { type NadamOptions, type NadamState, nadam } from './first-order/nadam.js';
export { type NesterovOptions, type NesterovState, nesterov } from './first-order/nesterov.js';
export type { ParameterGroup } from './first-order/parameter-groups.js';
export { type RmspropOptions, type RmspropState, rmsprop } from './first-order/rmsprop.js';
export { type ScheduleFreeState, scheduleFreeAdamW } from './first-order/schedule-free.js';
export { sgd } from './first-order/sgd.js';
export { stateBytes } from './first-order/state-bytes.js';
export { type FunctionObjectiveOptions, functionObjective } from './function-objective.js';
export { finish, type MinimizeEvent, type MinimizeOptions, type MinimizeResult, minimize } from './minimize.js';
export { type AdaptiveCubicOptions, adaptiveCubic } from './newton/adaptive-cubic.js';
export { type DampedSolution, type DampedSystem, dampedSolve } from './newton/damped-solve.js';
export { sumOfSquaredExampleGradients } from './newton/example-squares.js';
export { type HessianFreeOptions, type HessianFreeState, hessianFree } from './newton/hessian-free.js';
export type { RegionState } from './newton/parts/region-method.js';
export { type CgState, type CgTruncation, cgAdvance, cgStart, cgStatus } from './newton/truncated-cg.js';
export { type TrustRegionOptions, trustRegion } from './newton/trust-region.js';
export type { BatchGraph, Objective, Rows, Vector } from './objective.js';
export {
  allFinite,
  allRows,
  drawRows,
  type Optimizer,
  type OptimizerState,
  type StepContext,
  type StepReport,
  type StepStop,
} from './optimizer.js';
export { constant } from './schedules/constant.js';
export { cosine } from './schedules/cosine.js';
export type { Schedule } from './schedules/schedule.js';
export { stepDecay } from './schedules/step-decay.js';
export { warmUp } from './schedules/warm-up.js';
export { type WarmUpStableDecay, warmUpStableDecay } from './schedules/warm-up-stable-decay.js';
export { type KfacOptions, type KfacState, kfac } from './structured/kfac.js';
export { type ObjectiveOptions, supervisedObjective } from './supervised-objective.js';
export type { MinimizeStatus, TerminationOptions } from './termination.js';
export {
  type StopReason,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  type TrainSnapshot,
  type TrainStep,
  train,
} from './train.js';

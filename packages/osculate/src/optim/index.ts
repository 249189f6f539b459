export { type CheckpointData, fromCheckpoint, toCheckpoint } from './checkpoint.js';
export { type AdaHessianOptions, type AdaHessianState, adaHessian } from './diagonal/adahessian.js';
export { type DiagonalGgnOptions, type DiagonalGgnState, diagonalGgn } from './diagonal/diagonal-ggn.js';
export type { SophiaOptions, SophiaState } from './diagonal/sophia.js';
export { type SophiaGOptions, type SophiaHOptions, sophiaG, sophiaH } from './diagonal/sophia.js';
export { type AdagradOptions, type AdagradState, adagrad } from './first-order/adagrad.js';
export {
  type AdamOptions,
  type AdamState,
  adam,
  adamW,
  type NadamOptions,
  type NadamState,
  nadam,
} from './first-order/adam.js';
export type { GradientOptions, GradientState, ParameterGroup } from './first-order/gradient-method.js';
export { type LionOptions, type LionState, lion } from './first-order/lion.js';
export { heavyBall, type NesterovOptions, type NesterovState, nesterov, sgd } from './first-order/momentum.js';
export { type RmspropOptions, type RmspropState, rmsprop } from './first-order/rmsprop.js';
export { type ScheduleFreeState, scheduleFreeAdamW } from './first-order/schedule-free.js';
export { type EkfacState, ekfac } from './kronecker/ekfac.js';
export { type KfacOptions, kfac } from './kronecker/kfac.js';
export type { KfacState, KroneckerOptions } from './kronecker/step.js';
export type { MatrixOptimizer, Treatment } from './matrix/blocks.js';
export { type MuonOptions, type MuonState, muon } from './matrix/muon.js';
export { type ShampooOptions, type ShampooState, shampoo } from './matrix/shampoo.js';
export { type SoapOptions, type SoapState, soap } from './matrix/soap.js';
export { finish, type MinimizeEvent, type MinimizeOptions, type MinimizeResult, minimize } from './minimize.js';
export {
  type AdaptiveCubicLanczosOptions,
  type AdaptiveCubicOptions,
  adaptiveCubic,
  adaptiveCubicLanczos,
} from './newton/adaptive-cubic.js';
export { type DampedSolution, type DampedSystem, dampedSolve } from './newton/damped-solve.js';
export { dogleg } from './newton/dogleg.js';
export {
  type GaussNewtonLsmrOptions,
  type GaussNewtonOptions,
  gaussNewton,
  gaussNewtonLsmr,
} from './newton/gauss-newton.js';
export { type HessianFreeOptions, type HessianFreeState, hessianFree } from './newton/hessian-free.js';
export { type LevenbergMarquardtOptions, levenbergMarquardt } from './newton/levenberg-marquardt.js';
export { type LevenbergMarquardtLsmrOptions, levenbergMarquardtLsmr } from './newton/levenberg-marquardt-lsmr.js';
export { type NaturalGradientOptions, naturalGradient } from './newton/natural-gradient.js';
export { modifiedNewton, type NewtonOptions, newton, plainNewton } from './newton/newton.js';
export { gaussNewtonCg, type NewtonCgOptions, newtonCg } from './newton/newton-cg.js';
export type { RegionState } from './newton/parts/region-method.js';
export type { RowBatchOptions } from './newton/parts/row-batches.js';
export {
  type SaddleFreeKrylovOptions,
  type SaddleFreeNewtonOptions,
  saddleFreeKrylov,
  saddleFreeNewton,
} from './newton/saddle-free-newton.js';
export { type CgState, type CgTruncation, cgAdvance, cgStart, cgStatus } from './newton/truncated-cg.js';
export { type TrustRegionOptions, trustRegion } from './newton/trust-region.js';
export { type TrustRegionNewtonCgOptions, trustRegionNewtonCg } from './newton/trust-region-newton-cg.js';
export type {
  Optimizer,
  OptimizerState,
  StepContext,
  StepReport,
  StepStop,
} from './optimizer.js';
export { stateBytes } from './optimizer.js';
export { type BfgsMemory, type BfgsOptions, bfgs } from './quasi-newton/bfgs.js';
export { type LbfgsMemory, type LbfgsOptions, type LbfgsState, lbfgs, lbfgsDirection } from './quasi-newton/lbfgs.js';
export {
  type MultiBatchLbfgsOptions,
  type MultiBatchLbfgsState,
  multiBatchLbfgs,
} from './quasi-newton/multi-batch-lbfgs.js';
export type { QuasiNewtonState } from './quasi-newton/quasi-newton-method.js';
export type { Schedule } from './schedules.js';
export { constant, cosine, stepDecay, type WarmUpStableDecay, warmUp, warmUpStableDecay } from './schedules.js';
export {
  type BacktrackingOptions,
  backtracking,
  fullStep,
  type Line,
  type LinePoint,
  type LineSearch,
  type LineSlope,
} from './search/line-search.js';
export { type StrongWolfeOptions, strongWolfe } from './search/strong-wolfe.js';
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

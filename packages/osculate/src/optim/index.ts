export { type CheckpointData, fromCheckpoint, toCheckpoint } from './checkpoint.js';
export { adaHessian } from './diagonal/adahessian.js';
export { diagonalGgn } from './diagonal/diagonal-ggn.js';
export { sophiaG, sophiaH } from './diagonal/sophia.js';
export { adagrad } from './first-order/adagrad.js';
export { adam, adamW, nadam } from './first-order/adam.js';
export type { GradientOptions, ParameterGroup } from './first-order/gradient-method.js';
export { lion } from './first-order/lion.js';
export { heavyBall, nesterov, sgd } from './first-order/momentum.js';
export { rmsprop } from './first-order/rmsprop.js';
export { scheduleFreeAdamW } from './first-order/schedule-free.js';
export { ekfac } from './kronecker/ekfac.js';
export { type KfacOptions, kfac } from './kronecker/kfac.js';
export type { MatrixOptimizer } from './matrix/blocks.js';
export { muon } from './matrix/muon.js';
export { shampoo } from './matrix/shampoo.js';
export { soap } from './matrix/soap.js';
export {
  type MinimizeEvent,
  type MinimizeFunctionOptions,
  type MinimizeOptions,
  type MinimizeResult,
  type Minimum,
  minimize,
  minimizeSteps,
} from './minimize.js';
export { adaptiveCubic, adaptiveCubicLanczos } from './newton/adaptive-cubic.js';
export { dogleg } from './newton/dogleg.js';
export { gaussNewton, gaussNewtonLsmr } from './newton/gauss-newton.js';
export { hessianFree } from './newton/hessian-free.js';
export { levenbergMarquardt } from './newton/levenberg-marquardt.js';
export { levenbergMarquardtLsmr } from './newton/levenberg-marquardt-lsmr.js';
export { naturalGradient } from './newton/natural-gradient.js';
export { modifiedNewton, newton, plainNewton } from './newton/newton.js';
export { gaussNewtonCg, newtonCg } from './newton/newton-cg.js';
export { saddleFreeKrylov, saddleFreeNewton } from './newton/saddle-free-newton.js';
export { trustRegion } from './newton/trust-region.js';
export { trustRegionNewtonCg } from './newton/trust-region-newton-cg.js';
export type { Optimizer, OptimizerState, StepContext, StepReport, StepStop } from './optimizer.js';
export { stateBytes } from './optimizer.js';
export { bfgs } from './quasi-newton/bfgs.js';
export { lbfgs } from './quasi-newton/lbfgs.js';
export { multiBatchLbfgs } from './quasi-newton/multi-batch-lbfgs.js';
export type { Schedule } from './schedules.js';
export { constantRate, cosine, stepDecay, warmUp, warmUpStableDecay } from './schedules.js';
export { backtracking, fullStep, type LineSearch } from './search/line-search.js';
export { strongWolfe } from './search/strong-wolfe.js';
export type { MinimizeStatus } from './termination.js';
export {
  type StopReason,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  type TrainSnapshot,
  type TrainStep,
  train,
} from './train.js';

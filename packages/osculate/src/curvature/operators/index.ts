export {
  dampedOperator,
  type InverseOptions,
  inverseOperator,
  productOperator,
  scaledOperator,
  sumOperator,
} from './algebra.js';
export {
  checkDeterminism,
  type DeterminismFinding,
  type DeterminismOptions,
  type DeterminismReport,
  type DeterminismSuspect,
  type DeterminismTest,
} from './check-determinism.js';
export { denseOperator } from './dense-operator.js';
export { empiricalFisherOperator } from './empirical-fisher-operator.js';
export { ggnOperator } from './ggn-operator.js';
export { gradientCovarianceOperator } from './gradient-covariance-operator.js';
export { hessianOperator } from './hessian-operator.js';
export { type LinearOperator, linearOperator, type OperatorParts } from './linear-operator.js';
export {
  type CurvatureModel,
  type CurvatureModelOptions,
  curvatureModel,
  type ModelBatch,
  type StreamOptions,
} from './model.js';
export { modelAt } from './model-at.js';
export { type ParameterRange, parameterBlock, restrictedOperator } from './restricted-operator.js';
export { meanGradient, secondMomentAlong } from './row-gradients.js';
export { type SampledFisherOptions, sampledFisherOperator } from './sampled-fisher-operator.js';

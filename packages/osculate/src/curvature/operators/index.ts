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
export { type CurvatureOperatorOptions, curvatureOperator, gradientCovarianceOperator } from './curvature-operator.js';
export { denseOperator, type LinearOperator, linearOperator, type OperatorParts } from './linear-operator.js';
export { byLayer, layerNames, type ParameterRange, parameterBlock, restrictedOperator } from './restricted-operator.js';

export { dampedOperator, inverseOperator, productOperator, scaledOperator, sumOperator } from './algebra.js';
export { checkDeterminism, type DeterminismReport } from './check-determinism.js';
export { curvatureOperator, gradientCovarianceOperator } from './curvature-operator.js';
export { denseOperator, type LinearOperator, linearOperator } from './linear-operator.js';
export { byLayer, layerNames, parameterBlock, restrictedOperator } from './restricted-operator.js';

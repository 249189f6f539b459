export { ekfacOperator } from './ekfac-operator.js';
export { kfacOperator } from './kfac-operator.js';
export { diagonalOperator, type StructuredOperator, spectralOperator } from './structured-operator.js';

export type { BlockPlace } from './block-place.js';
export { diagonalOperator, diagonalPart } from './diagonal-operator.js';
export { ekfacOperator } from './ekfac-operator.js';
export { type KfacOperator, kfacOperator } from './kfac-operator.js';
export type { StructureOptions } from './measured-factors.js';
export type { SpectralBlock } from './spectral-block.js';
export { spectralOperator } from './spectral-operator.js';
export type { StructuredOperator } from './structured-operator.js';

export type { BlockPlace } from './block-place.js';
export { ekfacOperator } from './ekfac-operator.js';
export { type KfacOperator, kfacOperator } from './kfac-operator.js';
export type { StructureOptions } from './measured-factors.js';
export {
  diagonalOperator,
  diagonalPart,
  type SpectralBlock,
  type StructuredOperator,
  spectralOperator,
} from './structured-operator.js';

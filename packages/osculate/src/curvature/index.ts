export * from './estimators/index.js';
export * from './instrument/index.js';
export {
  type Block,
  type DiagonalBlock,
  type FullBlock,
  kroneckerBlocks,
  type MatrixBlock,
  type ModelGraph,
} from './kronecker/blocks.js';
export type { FactorEstimate } from './kronecker/cotangents.js';
export { type BlockFactors, kroneckerFactors } from './kronecker/factors.js';
export type { FactorOptions, WeightSharing } from './kronecker/measurement.js';
export * from './landscape/index.js';
export * from './laplace/index.js';
export * from './operators/index.js';
export * from './structured/index.js';

export {
  type Block,
  type DiagonalBlock,
  type FullBlock,
  kroneckerBlocks,
  type MatrixBlock,
  type ModelGraph,
} from './blocks.js';
export type { FactorEstimate } from './cotangents.js';
export { dampedInverses } from './damped-inverses.js';
export {
  type FactorLayout,
  type FactorSlot,
  factorInputs,
  factorLayout,
  factorViews,
  namedFactors,
} from './factor-layout.js';
export { type BlockFactors, type FactorOptions, kroneckerFactors } from './factors.js';
export { precondition } from './precondition.js';
export type { WeightSharing } from './rows.js';

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
export { eigenMoments, hasEigenbasis } from './eigen-moments.js';
export { eigenPrecondition } from './eigen-precondition.js';
export { eigenbases } from './eigenbases.js';
export {
  type FactorLayout,
  type FactorSlot,
  factorInputs,
  factorLayout,
  factorViews,
  namedFactors,
} from './factor-layout.js';
export { type BlockFactors, kroneckerFactors } from './factors.js';
export type { FactorOptions } from './measurement.js';
export { type MomentLayout, type MomentSlot, momentInputs, momentLayout, momentViews } from './moment-layout.js';
export { precondition } from './precondition.js';
export type { WeightSharing } from './rows.js';

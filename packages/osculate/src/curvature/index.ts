export * from './estimators/index.js';
export * from './instrument/index.js';
export { type Block, kroneckerBlocks } from './kronecker/blocks.js';
export { kroneckerFactors } from './kronecker/factors.js';
export * from './landscape/index.js';
export * from './laplace/index.js';
export { empiricalFisher, fisher, ggn, hessian } from './of-objective.js';
export * from './operators/index.js';
export * from './structured/index.js';

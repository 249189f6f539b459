export * from './estimators/index.js';
export * from './instrument/index.js';
export * from './kronecker/index.js';
export * from './landscape/index.js';
export * from './laplace/index.js';
export * from './operators/index.js';
export * from './structured/index.js';

export * from './estimators/index.js';
export * from './kronecker/index.js';
export * from './operators/index.js';

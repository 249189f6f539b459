export * from './kronecker/index.js';

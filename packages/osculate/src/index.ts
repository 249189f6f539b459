/**
 * osculate: second-order optimisation and curvature analysis of neural networks. The names of all folders are exported here, and those of one by
 * itself, as `osculate/fit`. Beside them stand `osculate/node`, what is for Node alone, and `osculate/onnx`, the file format.
 */
export * from './autodiff/index.js';
export * from './compile/index.js';
export * from './curvature/index.js';
// These take graphs too, as those of autodiff do.
export { ggn, hessian } from './curvature/index.js';
export * from './data/index.js';
export * from './export/index.js';
export * from './fit/index.js';
export * from './import/index.js';
export * from './linalg/index.js';
export * from './nn/index.js';
export * from './objective/index.js';
export * from './ops/index.js';
export * from './optim/index.js';
export * from './runtime/index.js';
export * from './tensor/index.js';
export * from './training/index.js';

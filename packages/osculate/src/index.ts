/**
 * osculate: second-order optimisation and curvature analysis of neural networks. The core (tensors, derivatives, compilation) is
 * exported flat; the rest by folder, each also reachable by itself as `osculate/<folder>`.
 */
export * from './autodiff/index.js';
export * from './compile/index.js';
export * as curvature from './curvature/index.js';
export * as data from './data/index.js';
export * as exporting from './export/index.js';
export * as fit from './fit/index.js';
export * as importing from './import/index.js';
export * as linalg from './linalg/index.js';
export * as nn from './nn/index.js';
export * as objective from './objective/index.js';
export * as onnx from './onnx/index.js';
export * as ops from './ops/index.js';
export * as optim from './optim/index.js';
export * as runtime from './runtime/index.js';
export * from './tensor/index.js';
export * as training from './training/index.js';

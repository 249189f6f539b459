/** What the library has for Node alone: native ONNX Runtime, files of rows, built-in data sets. */
export * from './data/node.js';
export * from './runtime/node.js';

export { type ImportedModel, type ImportedValue, type ImportOptions, importOnnx } from './import-onnx.js';
export { writeParameters } from './write-parameters.js';

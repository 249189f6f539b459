export { type ExportableFunction, type ExportInput, type ExportOptions, exportOnnx } from './export-onnx.js';

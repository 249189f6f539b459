export { graph } from './attributes.js';
export { graphOf, model, node, valueInfo } from './build.js';
export { dataTypeName } from './data-type.js';
export { decodeModel, decodeTensor } from './decode.js';
export { encodeModel, encodeTensor } from './encode.js';
export { externalReference } from './external.js';
export { tensorOf, tensorValues } from './tensors.js';
export type {
  AttributeProto,
  DimensionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  TypeProto,
  ValueInfoProto,
} from './types.js';

export {
  type AttributeInput,
  type AttributeValue,
  attribute,
  attributeValue,
  float,
  floats,
  graph,
  graphs,
  int,
  ints,
  string,
  strings,
  tensor,
  tensors,
} from './attributes.js';
export {
  type Dimension,
  type GraphParts,
  graphOf,
  type ModelOptions,
  model,
  node,
  valueInfo,
} from './build.js';
export {
  AttributeType,
  DataType,
  type DataTypeCode,
  type DataTypeName,
  dataTypeName,
  dataTypeOf,
} from './data-type.js';
export { decodeModel, decodeTensor } from './decode.js';
export { encodeModel, encodeTensor } from './encode.js';
export { type ExternalReference, externalReference } from './external.js';
export { int64Tensor, type TensorOptions, type TensorValues, tensorOf, tensorValues } from './tensors.js';
export type * from './types.js';

import type { DataTypeCode } from './data-type.js';

/**
 * The messages of `onnx.proto` (ONNX 1.17 and later) as plain objects, in camelCase. An absent optional field is an absent property;
 * a repeated field that every reader needs is always an array, the others are absent when empty.
 * Byte fields of decoded messages are views of the decoded file: do not change the file's bytes while they are in use.
 */
export interface Message {
  /** Fields that this version of the schema does not know, each with its tag; written back as they were. */
  unknownFields?: readonly Uint8Array[];
}

/** A 64-bit integer: a number where it is exact (|v| < 2^53), a bigint otherwise. */
export type Int64 = number | bigint;

export interface StringStringEntryProto extends Message {
  key?: string;
  value?: string;
}

export interface OperatorSetIdProto extends Message {
  /** `''` or absent for the standard operators (ai.onnx). */
  domain?: string;
  version?: number;
}

export interface ModelProto extends Message {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: Int64;
  docString?: string;
  graph?: GraphProto;
  opsetImport: readonly OperatorSetIdProto[];
  metadataProps?: readonly StringStringEntryProto[];
  /** Kept as encoded messages. */
  trainingInfo?: readonly Uint8Array[];
  functions?: readonly FunctionProto[];
  /** Device configurations (IR 11), kept as encoded messages. */
  configuration?: readonly Uint8Array[];
}

export interface GraphProto extends Message {
  node: readonly NodeProto[];
  name?: string;
  initializer: readonly TensorProto[];
  docString?: string;
  input: readonly ValueInfoProto[];
  output: readonly ValueInfoProto[];
  valueInfo?: readonly ValueInfoProto[];
  quantizationAnnotation?: readonly TensorAnnotation[];
  sparseInitializer?: readonly SparseTensorProto[];
  metadataProps?: readonly StringStringEntryProto[];
}

export interface NodeProto extends Message {
  /** Names of values; `''` stands for an omitted optional input. */
  input: readonly string[];
  output: readonly string[];
  name?: string;
  opType?: string;
  attribute: readonly AttributeProto[];
  docString?: string;
  domain?: string;
  overload?: string;
  metadataProps?: readonly StringStringEntryProto[];
  /** Kept as encoded messages. */
  deviceConfigurations?: readonly Uint8Array[];
}

export interface AttributeProto extends Message {
  name?: string;
  f?: number;
  i?: Int64;
  /** UTF-8 text as a rule, but any bytes are allowed. */
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: Float32Array;
  ints?: readonly Int64[];
  strings?: readonly Uint8Array[];
  tensors?: readonly TensorProto[];
  graphs?: readonly GraphProto[];
  docString?: string;
  tp?: TypeProto;
  typeProtos?: readonly TypeProto[];
  /** One of `AttributeType`: which field holds the value. */
  type?: number;
  /** Inside a function: the attribute of the function that gives the value. */
  refAttrName?: string;
  sparseTensor?: SparseTensorProto;
  sparseTensors?: readonly SparseTensorProto[];
}

export interface TensorProto extends Message {
  dims: readonly number[];
  /** One of `DataType`. */
  dataType?: DataTypeCode | number;
  segment?: Segment;
  floatData?: Float32Array;
  int32Data?: Int32Array;
  stringData?: readonly Uint8Array[];
  int64Data?: BigInt64Array;
  name?: string;
  /** Little-endian, row-major. */
  rawData?: Uint8Array;
  doubleData?: Float64Array;
  uint64Data?: BigUint64Array;
  docString?: string;
  /** `location`, `offset`, `length`, `checksum` of data in another file, when `dataLocation` is 1. */
  externalData?: readonly StringStringEntryProto[];
  dataLocation?: number;
  metadataProps?: readonly StringStringEntryProto[];
}

export interface Segment extends Message {
  begin?: Int64;
  end?: Int64;
}

export interface SparseTensorProto extends Message {
  values?: TensorProto;
  indices?: TensorProto;
  dims: readonly number[];
}

export interface ValueInfoProto extends Message {
  name?: string;
  type?: TypeProto;
  docString?: string;
  metadataProps?: readonly StringStringEntryProto[];
}

/** At most one of the six `…Type` fields is present. */
export interface TypeProto extends Message {
  tensorType?: TensorTypeProto;
  sequenceType?: ElementTypeProto;
  mapType?: MapTypeProto;
  denotation?: string;
  /** Kept as an encoded message. */
  opaqueType?: Uint8Array;
  sparseTensorType?: TensorTypeProto;
  optionalType?: ElementTypeProto;
}

export interface TensorTypeProto extends Message {
  elemType?: DataTypeCode | number;
  /** Absent: the rank is not known. */
  shape?: TensorShapeProto;
}

export interface ElementTypeProto extends Message {
  elemType?: TypeProto;
}

export interface MapTypeProto extends Message {
  keyType?: number;
  valueType?: TypeProto;
}

export interface TensorShapeProto extends Message {
  dim: readonly DimensionProto[];
}

/** A known size (`dimValue`), a named one (`dimParam`), or neither: any size. */
export interface DimensionProto extends Message {
  dimValue?: number;
  dimParam?: string;
  denotation?: string;
}

export interface TensorAnnotation extends Message {
  tensorName?: string;
  quantParameterTensorNames?: readonly StringStringEntryProto[];
}

export interface FunctionProto extends Message {
  name?: string;
  input: readonly string[];
  output: readonly string[];
  /** Names of the attributes without default; those with one are in `attributeProto`. */
  attribute?: readonly string[];
  node: readonly NodeProto[];
  docString?: string;
  opsetImport: readonly OperatorSetIdProto[];
  domain?: string;
  attributeProto?: readonly AttributeProto[];
  valueInfo?: readonly ValueInfoProto[];
  overload?: string;
  metadataProps?: readonly StringStringEntryProto[];
}

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

/** A pair of texts, as metadata have them. */
export interface StringStringEntryProto extends Message {
  /** The name of the entry. */
  key?: string;
  /** The text of the entry. */
  value?: string;
}

/** Which version of a domain's operators a model uses. */
export interface OperatorSetIdProto extends Message {
  /** `''` or absent for the standard operators (ai.onnx). */
  domain?: string;
  /** The version of the operators. */
  version?: number;
}

/** A model file. */
export interface ModelProto extends Message {
  /** The version of the file format. */
  irVersion?: number;
  /** The tool that wrote the file. */
  producerName?: string;
  /** The version of that tool. */
  producerVersion?: string;
  /** Whose model it is, as a reversed domain name. */
  domain?: string;
  /** The version of the model. */
  modelVersion?: Int64;
  /** A description for readers. */
  docString?: string;
  /** What the model computes. */
  graph?: GraphProto;
  /** The operators that the graph uses, with their versions. */
  opsetImport: readonly OperatorSetIdProto[];
  /** Further texts by name. */
  metadataProps?: readonly StringStringEntryProto[];
  /** Kept as encoded messages. */
  trainingInfo?: readonly Uint8Array[];
  /** Functions that nodes of the graph may call. */
  functions?: readonly FunctionProto[];
  /** Device configurations (IR 11), kept as encoded messages. */
  configuration?: readonly Uint8Array[];
}

/** A graph of nodes: a model's, or a body of Loop, Scan or If. */
export interface GraphProto extends Message {
  /** The nodes, in topological order. */
  node: readonly NodeProto[];
  /** What the graph is called. */
  name?: string;
  /** Constants by name, the weights among them. */
  initializer: readonly TensorProto[];
  /** A description for readers. */
  docString?: string;
  /** The inputs; before IR version 4 the initializers are listed too. */
  input: readonly ValueInfoProto[];
  /** The outputs. */
  output: readonly ValueInfoProto[];
  /** Types and shapes of values inside the graph. */
  valueInfo?: readonly ValueInfoProto[];
  /** Scales and zero points of quantised tensors. */
  quantizationAnnotation?: readonly TensorAnnotation[];
  /** Constants that are mostly zeros. */
  sparseInitializer?: readonly SparseTensorProto[];
  /** Further texts by name. */
  metadataProps?: readonly StringStringEntryProto[];
}

/** A call of an operator or of a function. */
export interface NodeProto extends Message {
  /** Names of values; `''` stands for an omitted optional input. */
  input: readonly string[];
  /** Names of the values that it computes; `''` stands for one that is not wanted. */
  output: readonly string[];
  /** What the node is called, for messages. */
  name?: string;
  /** The operator, such as `Gemm`. */
  opType?: string;
  /** Settings of the operator. */
  attribute: readonly AttributeProto[];
  /** A description for readers. */
  docString?: string;
  /** The operator's domain; `''` or absent for the standard operators. */
  domain?: string;
  /** Tells functions of one name and domain apart. */
  overload?: string;
  /** Further texts by name. */
  metadataProps?: readonly StringStringEntryProto[];
  /** Kept as encoded messages. */
  deviceConfigurations?: readonly Uint8Array[];
}

/** A setting of an operator: a name and one value. */
export interface AttributeProto extends Message {
  /** The name of the attribute. */
  name?: string;
  /** The value, a float. */
  f?: number;
  /** The value, an integer. */
  i?: Int64;
  /** UTF-8 text as a rule, but any bytes are allowed. */
  s?: Uint8Array;
  /** The value, a tensor. */
  t?: TensorProto;
  /** The value, a graph. */
  g?: GraphProto;
  /** The value, a list of floats. */
  floats?: Float32Array;
  /** The value, a list of integers. */
  ints?: readonly Int64[];
  /** The value, a list of texts as UTF-8. */
  strings?: readonly Uint8Array[];
  /** The value, a list of tensors. */
  tensors?: readonly TensorProto[];
  /** The value, a list of graphs. */
  graphs?: readonly GraphProto[];
  /** A description for readers. */
  docString?: string;
  /** The value, a type. */
  tp?: TypeProto;
  /** The value, a list of types. */
  typeProtos?: readonly TypeProto[];
  /** One of `AttributeType`: which field holds the value. */
  type?: number;
  /** Inside a function: the attribute of the function that gives the value. */
  refAttrName?: string;
  /** The value, a sparse tensor. */
  sparseTensor?: SparseTensorProto;
  /** The value, a list of sparse tensors. */
  sparseTensors?: readonly SparseTensorProto[];
}

/** An array, its elements in the field that fits their type or in `rawData`. */
export interface TensorProto extends Message {
  /** The shape. */
  dims: readonly number[];
  /** One of `DataType`. */
  dataType?: DataTypeCode | number;
  /** Which part of a larger tensor this is. */
  segment?: Segment;
  /** Elements of type float; pairs of them for complex64. */
  floatData?: Float32Array;
  /** Elements of type int32 and of the types of at most 16 bits. */
  int32Data?: Int32Array;
  /** Elements of type string, as UTF-8. */
  stringData?: readonly Uint8Array[];
  /** Elements of type int64. */
  int64Data?: BigInt64Array;
  /** What the tensor is called. */
  name?: string;
  /** Little-endian, row-major. */
  rawData?: Uint8Array;
  /** Elements of type double; pairs of them for complex128. */
  doubleData?: Float64Array;
  /** Elements of type uint32 and uint64. */
  uint64Data?: BigUint64Array;
  /** A description for readers. */
  docString?: string;
  /** `location`, `offset`, `length`, `checksum` of data in another file, when `dataLocation` is 1. */
  externalData?: readonly StringStringEntryProto[];
  /** 0 for data in this message, 1 for data in another file. */
  dataLocation?: number;
  /** Further texts by name. */
  metadataProps?: readonly StringStringEntryProto[];
}

/** A part of a tensor, by its elements in a row. */
export interface Segment extends Message {
  /** The first element of the part. */
  begin?: Int64;
  /** The element after the last of the part. */
  end?: Int64;
}

/** An array that is mostly zeros. */
export interface SparseTensorProto extends Message {
  /** The elements that are not zero. */
  values?: TensorProto;
  /** Where they are, as flat numbers or as rows of coordinates. */
  indices?: TensorProto;
  /** The shape of the whole. */
  dims: readonly number[];
}

/** Name and type of a value. */
export interface ValueInfoProto extends Message {
  /** The name of the value. */
  name?: string;
  /** The type of the value. */
  type?: TypeProto;
  /** A description for readers. */
  docString?: string;
  /** Further texts by name. */
  metadataProps?: readonly StringStringEntryProto[];
}

/** The type of a value; at most one of the six `…Type` fields is present. */
export interface TypeProto extends Message {
  /** The value is a tensor. */
  tensorType?: TensorTypeProto;
  /** The value is a list. */
  sequenceType?: ElementTypeProto;
  /** The value is a map. */
  mapType?: MapTypeProto;
  /** What the value means, as `IMAGE`. */
  denotation?: string;
  /** Kept as an encoded message. */
  opaqueType?: Uint8Array;
  /** The value is a sparse tensor. */
  sparseTensorType?: TensorTypeProto;
  /** The value may be absent. */
  optionalType?: ElementTypeProto;
}

/** Element type and shape of a tensor. */
export interface TensorTypeProto extends Message {
  /** The element type, one of `DataType`. */
  elemType?: DataTypeCode | number;
  /** Absent: the rank is not known. */
  shape?: TensorShapeProto;
}

/** The type of the elements of a list, or of an optional value. */
export interface ElementTypeProto extends Message {
  /** The type of an element. */
  elemType?: TypeProto;
}

/** The type of a map. */
export interface MapTypeProto extends Message {
  /** The type of the keys, one of `DataType`. */
  keyType?: number;
  /** The type of the values. */
  valueType?: TypeProto;
}

/** The shape of a tensor. */
export interface TensorShapeProto extends Message {
  /** Its dimensions, in order. */
  dim: readonly DimensionProto[];
}

/** A dimension of a shape: a known size (`dimValue`), a named one (`dimParam`), or neither: any size. */
export interface DimensionProto extends Message {
  /** The size. */
  dimValue?: number;
  /** The name of a size that is left open. */
  dimParam?: string;
  /** What the dimension means, as `DATA_BATCH`. */
  denotation?: string;
}

/** How a tensor is quantised. */
export interface TensorAnnotation extends Message {
  /** The name of the tensor. */
  tensorName?: string;
  /** The tensors of its scale and zero point, by their roles. */
  quantParameterTensorNames?: readonly StringStringEntryProto[];
}

/** A function of the model: a graph that nodes call by its name and domain. */
export interface FunctionProto extends Message {
  /** The name that nodes call it by. */
  name?: string;
  /** Names of its arguments. */
  input: readonly string[];
  /** Names of its results. */
  output: readonly string[];
  /** Names of the attributes without default; those with one are in `attributeProto`. */
  attribute?: readonly string[];
  /** The nodes, in topological order. */
  node: readonly NodeProto[];
  /** A description for readers. */
  docString?: string;
  /** The operators that it uses, with their versions. */
  opsetImport: readonly OperatorSetIdProto[];
  /** The domain that nodes call it in. */
  domain?: string;
  /** Attributes with their defaults. */
  attributeProto?: readonly AttributeProto[];
  /** Types and shapes of values inside. */
  valueInfo?: readonly ValueInfoProto[];
  /** Tells functions of one name and domain apart. */
  overload?: string;
  /** Further texts by name. */
  metadataProps?: readonly StringStringEntryProto[];
}

import type * as p from './types.js';
import { Wire } from './wire.js';

/** `int`: int64 or enum as a number; `long`: int64 as number or bigint; `big`, `ubig`: 64 bits of a BigInt array. */
export type Scalar = 'int' | 'long' | 'int32' | 'big' | 'ubig' | 'float' | 'double' | 'string' | 'bytes' | 'message';

/** How a value is held: one value, a list of values, or a typed array. */
type Holder = 'one' | 'list' | 'typed';

export interface Field {
  readonly id: number;
  readonly name: string;
  readonly scalar: Scalar;
  readonly holder: Holder;
  /** Written as one length-delimited run; both forms are read. */
  readonly packed: boolean;
  /** A list that is present even when it is empty. */
  readonly always: boolean;
  /** A member of the message's one union: reading it removes the others. */
  readonly oneof: boolean;
  readonly schema: (() => Schema) | undefined;
}

export interface Schema {
  /** In the order of their numbers. */
  readonly fields: readonly Field[];
  readonly byId: readonly (Field | undefined)[];
  readonly always: readonly string[];
}

type Spec = Omit<Field, 'name'>;
type Specs<T> = { readonly [K in Exclude<keyof T, 'unknownFields'>]-?: Spec };

/** Fields of one message type; the mapped type makes the compiler demand every field of `T`. */
function schema<T>(specs: Specs<T>): Schema {
  const fields = Object.entries<Spec>(specs).map(([name, spec]) => ({ ...spec, name }));
  fields.sort((a, b) => a.id - b.id);
  const byId: (Field | undefined)[] = new Array(fields.at(-1)!.id + 1).fill(undefined);
  for (const f of fields) byId[f.id] = f;
  return { fields, byId, always: fields.filter((f) => f.always).map((f) => f.name) };
}

const base = { holder: 'one', packed: false, always: false, oneof: false, schema: undefined } as const;
const one = (id: number, scalar: Scalar): Spec => ({ ...base, id, scalar });
const list = (id: number, scalar: Scalar): Spec => ({ ...base, id, scalar, holder: 'list' });
const packed = (id: number, scalar: Scalar): Spec => ({ ...base, id, scalar, holder: 'typed', packed: true });
const message = (id: number, of: () => Schema): Spec => ({ ...base, id, scalar: 'message', schema: of });
const messages = (id: number, of: () => Schema): Spec => ({ ...message(id, of), holder: 'list' });
const always = (spec: Spec): Spec => ({ ...spec, always: true });
const oneof = (spec: Spec): Spec => ({ ...spec, oneof: true });

const Entry = schema<p.StringStringEntryProto>({ key: one(1, 'string'), value: one(2, 'string') });

const OperatorSetId = schema<p.OperatorSetIdProto>({ domain: one(1, 'string'), version: one(2, 'int') });

const Dimension = schema<p.DimensionProto>({
  dimValue: oneof(one(1, 'int')),
  dimParam: oneof(one(2, 'string')),
  denotation: one(3, 'string'),
});

const TensorShape = schema<p.TensorShapeProto>({ dim: always(messages(1, () => Dimension)) });

const TensorType = schema<p.TensorTypeProto>({ elemType: one(1, 'int'), shape: message(2, () => TensorShape) });

const ElementType = schema<p.ElementTypeProto>({ elemType: message(1, () => Type) });

const MapType = schema<p.MapTypeProto>({ keyType: one(1, 'int'), valueType: message(2, () => Type) });

const Type: Schema = schema<p.TypeProto>({
  tensorType: oneof(message(1, () => TensorType)),
  sequenceType: oneof(message(4, () => ElementType)),
  mapType: oneof(message(5, () => MapType)),
  denotation: one(6, 'string'),
  opaqueType: oneof(one(7, 'bytes')),
  sparseTensorType: oneof(message(8, () => TensorType)),
  optionalType: oneof(message(9, () => ElementType)),
});

const ValueInfo = schema<p.ValueInfoProto>({
  name: one(1, 'string'),
  type: message(2, () => Type),
  docString: one(3, 'string'),
  metadataProps: messages(4, () => Entry),
});

const SegmentSchema = schema<p.Segment>({ begin: one(1, 'long'), end: one(2, 'long') });

export const TensorSchema = schema<p.TensorProto>({
  dims: always(list(1, 'int')),
  dataType: one(2, 'int'),
  segment: message(3, () => SegmentSchema),
  floatData: packed(4, 'float'),
  int32Data: packed(5, 'int32'),
  stringData: list(6, 'bytes'),
  int64Data: packed(7, 'big'),
  name: one(8, 'string'),
  rawData: one(9, 'bytes'),
  doubleData: packed(10, 'double'),
  uint64Data: packed(11, 'ubig'),
  docString: one(12, 'string'),
  externalData: messages(13, () => Entry),
  dataLocation: one(14, 'int'),
  metadataProps: messages(16, () => Entry),
});

const SparseTensor = schema<p.SparseTensorProto>({
  values: message(1, () => TensorSchema),
  indices: message(2, () => TensorSchema),
  dims: always(list(3, 'int')),
});

const Attribute = schema<p.AttributeProto>({
  name: one(1, 'string'),
  f: one(2, 'float'),
  i: one(3, 'long'),
  s: one(4, 'bytes'),
  t: message(5, () => TensorSchema),
  g: message(6, () => Graph),
  floats: { ...packed(7, 'float'), packed: false },
  ints: list(8, 'long'),
  strings: list(9, 'bytes'),
  tensors: messages(10, () => TensorSchema),
  graphs: messages(11, () => Graph),
  docString: one(13, 'string'),
  tp: message(14, () => Type),
  typeProtos: messages(15, () => Type),
  type: one(20, 'int'),
  refAttrName: one(21, 'string'),
  sparseTensor: message(22, () => SparseTensor),
  sparseTensors: messages(23, () => SparseTensor),
});

const NodeSchema = schema<p.NodeProto>({
  input: always(list(1, 'string')),
  output: always(list(2, 'string')),
  name: one(3, 'string'),
  opType: one(4, 'string'),
  attribute: always(messages(5, () => Attribute)),
  docString: one(6, 'string'),
  domain: one(7, 'string'),
  overload: one(8, 'string'),
  metadataProps: messages(9, () => Entry),
  deviceConfigurations: list(10, 'bytes'),
});

const Annotation = schema<p.TensorAnnotation>({
  tensorName: one(1, 'string'),
  quantParameterTensorNames: messages(2, () => Entry),
});

const Graph: Schema = schema<p.GraphProto>({
  node: always(messages(1, () => NodeSchema)),
  name: one(2, 'string'),
  initializer: always(messages(5, () => TensorSchema)),
  docString: one(10, 'string'),
  input: always(messages(11, () => ValueInfo)),
  output: always(messages(12, () => ValueInfo)),
  valueInfo: messages(13, () => ValueInfo),
  quantizationAnnotation: messages(14, () => Annotation),
  sparseInitializer: messages(15, () => SparseTensor),
  metadataProps: messages(16, () => Entry),
});

const FunctionSchema = schema<p.FunctionProto>({
  name: one(1, 'string'),
  input: always(list(4, 'string')),
  output: always(list(5, 'string')),
  attribute: list(6, 'string'),
  node: always(messages(7, () => NodeSchema)),
  docString: one(8, 'string'),
  opsetImport: always(messages(9, () => OperatorSetId)),
  domain: one(10, 'string'),
  attributeProto: messages(11, () => Attribute),
  valueInfo: messages(12, () => ValueInfo),
  overload: one(13, 'string'),
  metadataProps: messages(14, () => Entry),
});

export const ModelSchema = schema<p.ModelProto>({
  irVersion: one(1, 'int'),
  producerName: one(2, 'string'),
  producerVersion: one(3, 'string'),
  domain: one(4, 'string'),
  modelVersion: one(5, 'long'),
  docString: one(6, 'string'),
  graph: message(7, () => Graph),
  opsetImport: always(messages(8, () => OperatorSetId)),
  metadataProps: messages(14, () => Entry),
  trainingInfo: list(20, 'bytes'),
  functions: messages(25, () => FunctionSchema),
  configuration: list(26, 'bytes'),
});

const wires: Record<Scalar, number> = {
  int: Wire.varint,
  long: Wire.varint,
  int32: Wire.varint,
  big: Wire.varint,
  ubig: Wire.varint,
  float: Wire.fixed32,
  double: Wire.fixed64,
  string: Wire.bytes,
  bytes: Wire.bytes,
  message: Wire.bytes,
};

/** The wire type of one value. */
export function wireOf(scalar: Scalar): number {
  return wires[scalar];
}

/** Deepest nesting of messages that is read or written, as in Google's implementations. */
export const maxDepth = 100;

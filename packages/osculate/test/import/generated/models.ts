import { DataType, type DataTypeName } from '../../../src/onnx/data-type.js';
import {
  type ModelProto,
  model,
  type NodeProto,
  node,
  type TensorProto,
  type ValueInfoProto,
} from '../../../src/onnx/index.js';
import { isFloatType, type Numbers } from './case.js';
import { inType, type TypedInput, type Variant } from './variants.js';

const arrays = {
  float: (v: Numbers) => Float32Array.from(v, Number),
  double: (v: Numbers) => Float64Array.from(v, Number),
  int8: (v: Numbers) => Int8Array.from(v, Number),
  uint8: (v: Numbers) => Uint8Array.from(v, Number),
  int16: (v: Numbers) => Int16Array.from(v, Number),
  uint16: (v: Numbers) => Uint16Array.from(v, Number),
  int32: (v: Numbers) => Int32Array.from(v, Number),
  uint32: (v: Numbers) => Uint32Array.from(v, Number),
  int64: (v: Numbers) => BigInt64Array.from(v, BigInt),
  uint64: (v: Numbers) => BigUint64Array.from(v, BigInt),
  bool: (v: Numbers) => Uint8Array.from(v, Number),
} as const;

/** Element types in which tensors are fed and compared. */
export type Plain = keyof typeof arrays;

/** The type in which values of another one are fed and compared: itself, or a wider one around a cast. */
export function plainOf(type: DataTypeName): Plain {
  if (type in arrays) return type as Plain;
  return isFloatType(type) ? 'float' : 'int32';
}

export const plainArray = (type: Plain, values: Numbers): ReturnType<(typeof arrays)[Plain]> => arrays[type](values);

/** How a node is given to a runtime that lacks a kernel for it: in a wider element type, or as another version. */
export interface Substitute {
  readonly opset: number;
  /** The element type that stands for an unusual one: its values are cast to it before the node and back from it behind the node. */
  readonly wide?: DataTypeName | undefined;
  /** Whether nodes that compute the same stand for one that ONNX Runtime does not know. */
  readonly equivalents?: boolean;
}

const valueInfo = (name: string, type: DataTypeName, shape: readonly number[]): ValueInfoProto => ({
  name,
  type: { tensorType: { elemType: DataType[type], shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
});

const tensorProto = (name: string, { type, values, shape }: TypedInput): TensorProto => ({
  name,
  dims: [...shape],
  dataType: DataType[plainOf(type)],
  rawData: new Uint8Array(plainArray(plainOf(type), values).buffer),
});

const inputName = (variant: number, i: number): string => `x${variant}.${i}`;
export const outputName = (variant: number, i: number): string => `y${variant}.${i}`;

interface Parts {
  readonly nodes: NodeProto[];
  readonly inputs: ValueInfoProto[];
  readonly initializers: TensorProto[];
  readonly outputs: ValueInfoProto[];
}

/** Casts from a type to the next, step by step; gives the name of the result. */
function castThrough(parts: Parts, name: string, types: readonly DataTypeName[], end = ''): string {
  const steps = types.filter((type, i) => i > 0 && type !== types[i - 1]);
  return steps.reduce((from, type, i) => {
    const to = end !== '' && i === steps.length - 1 ? end : `${name} as ${type} ${i}`;
    parts.nodes.push(node('Cast', [from], [to], { to: DataType[type] }));
    return to;
  }, name);
}

/** The first version in which ONNX Runtime casts to a type that not all versions know. */
function castableFrom(type: DataTypeName): number {
  if (type === 'float4e2m1') return Number.POSITIVE_INFINITY;
  if (type === 'bfloat16') return 13;
  if (type.startsWith('float8')) return 19;
  return { int4: 21, uint4: 21, int2: 25, uint2: 25 }[type as string] ?? 0;
}

/** The way of an output to the type in which it is compared; not through its own where a substitute's version does not know that. */
function outputSteps(inner: DataTypeName, type: DataTypeName, opset: number): DataTypeName[] {
  return inner !== type && castableFrom(type) > opset ? [inner, plainOf(type)] : [inner, type, plainOf(type)];
}

/** The node of a variant, or what stands for it. */
function addVariant(parts: Parts, variant: Variant, k: number, { opset, wide, equivalents }: Substitute): void {
  const inner = wide === undefined ? variant : inType(variant, wide);
  const names = variant.inputs.map((input, i) => {
    if (input === null) return '';
    const name = inputName(k, i);
    if (input.stored) parts.initializers.push(tensorProto(name, input));
    else parts.inputs.push(valueInfo(name, plainOf(input.type), input.shape));
    return castThrough(parts, name, [plainOf(input.type), inner.inputs[i]!.type]);
  });
  const [domain, opType] = splitName(variant.schema.op);
  const steps = variant.outputs.map((type, i) => (type === null ? [] : outputSteps(inner.outputs[i]!, type, opset)));
  const results = steps.map((types, i) => {
    if (types.length === 0) return '';
    return types.some((type) => type !== types[0]) ? `${outputName(k, i)} raw` : outputName(k, i);
  });
  while (results.at(-1) === '') results.pop();
  const equivalent = equivalents ? variant.case.equivalent?.(names, results, inner.types) : undefined;
  if (equivalent) parts.nodes.push(...equivalent);
  else parts.nodes.push({ ...node(opType, names, results, inner.attributes, domain), name: variant.label });
  variant.outputs.forEach((type, i) => {
    if (type === null) return;
    parts.outputs.push({ name: outputName(k, i), type: { tensorType: { elemType: DataType[plainOf(type)] } } });
    if (results[i] !== outputName(k, i)) castThrough(parts, results[i]!, steps[i]!, outputName(k, i));
  });
}

/** Domain and op type of an operator's name. */
function splitName(op: string): readonly [domain: string | undefined, opType: string] {
  const dot = op.lastIndexOf('.');
  return dot < 0 ? [undefined, op] : [op.slice(0, dot), op.slice(dot + 1)];
}

/** One model of the nodes of all variants. */
export function modelOf(variants: readonly Variant[], substitute: Substitute): ModelProto {
  const parts: Parts = { nodes: [], inputs: [], initializers: [], outputs: [] };
  variants.forEach((variant, k) => {
    addVariant(parts, variant, k, substitute);
  });
  const { nodes, inputs, initializers, outputs } = parts;
  const domains = [...new Set(variants.flatMap(({ schema }) => splitName(schema.op)[0] ?? []))];
  const graph = { node: nodes, name: 'graph', initializer: initializers, input: inputs, output: outputs };
  return model(graph, { opset: substitute.opset, domains });
}

/** The inputs of a model that are fed, by name. */
export function feedsOf(variants: readonly Variant[]): (readonly [string, TypedInput])[] {
  return variants.flatMap(({ inputs }, k) =>
    inputs.flatMap((input, i) => (input === null || input.stored ? [] : [[inputName(k, i), input] as const])),
  );
}

import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { AttributeType } from './data-type.js';
import { tensorOf } from './tensors.js';
import { decodeUtf8, encodeUtf8 } from './text.js';
import type { AttributeProto, GraphProto, Int64, TensorProto } from './types.js';

/** An attribute's value with its ONNX type. */
export type AttributeValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: Int64 }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: TensorProto }
  | { readonly kind: 'graph'; readonly value: GraphProto }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly Int64[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly TensorProto[] }
  | { readonly kind: 'graphs'; readonly value: readonly GraphProto[] };

/** A tagged value, or a plain one whose type is evident: integers, lists of integers, text, lists of text. */
export type AttributeInput = AttributeValue | Int64 | string | readonly Int64[] | readonly string[];

export const float = (value: number): AttributeValue => ({ kind: 'float', value });
export const int = (value: Int64): AttributeValue => ({ kind: 'int', value });
export const string = (value: string): AttributeValue => ({ kind: 'string', value });
export const floats = (value: readonly number[]): AttributeValue => ({ kind: 'floats', value });
export const ints = (value: readonly Int64[]): AttributeValue => ({ kind: 'ints', value });
export const strings = (value: readonly string[]): AttributeValue => ({ kind: 'strings', value });
/**
 * A graph attribute: the body of a Loop, Scan or If.
 * @example
 * const inner = [valueInfo('a', 'f32', [])];
 * const body = graphOf({ nodes: [node('Exp', ['a'], ['b'])], inputs: inner, outputs: [valueInfo('b', 'f32', [])] });
 * const scan = node('Scan', ['xs'], ['ys'], { num_scan_inputs: 1, body: graph(body) });
 */
export const graph = (value: GraphProto): AttributeValue => ({ kind: 'graph', value });
export const graphs = (value: readonly GraphProto[]): AttributeValue => ({ kind: 'graphs', value });
export const tensors = (value: readonly TensorProto[]): AttributeValue => ({ kind: 'tensors', value });

/** A tensor attribute from an array or an encoded tensor. */
export function tensor(value: NDArray | TensorProto): AttributeValue {
  return { kind: 'tensor', value: 'dtype' in value ? tensorOf('', value) : value };
}

/** A plain number is an int: whether an attribute is a float must not depend on its value being whole. */
function tagged(name: string, value: AttributeInput): AttributeValue {
  if (typeof value === 'string') return string(value);
  if (typeof value === 'bigint') return int(value);
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return int(value);
    throw new InputError(
      `attribute '${name}': ${value} is not an integer; write float(${value}) for a float attribute`,
    );
  }
  if (!Array.isArray(value)) return value as AttributeValue;
  if (value.length === 0) throw new InputError(`attribute '${name}': tag an empty list, as in ints([]) or floats([])`);
  if (value.every((v) => typeof v === 'string')) return strings(value as string[]);
  if (value.every((v) => typeof v === 'bigint' || Number.isSafeInteger(v))) return ints(value as Int64[]);
  throw new InputError(`attribute '${name}': the list is neither of integers nor of texts; tag it, as in floats([…])`);
}

/** An AttributeProto; see `AttributeInput` for what may be left untagged. */
export function attribute(name: string, input: AttributeInput): AttributeProto {
  const v = tagged(name, input);
  const type = AttributeType[v.kind];
  switch (v.kind) {
    case 'float':
      return { name, f: Math.fround(v.value), type };
    case 'int':
      return { name, i: v.value, type };
    case 'string':
      return { name, s: encodeUtf8(v.value), type };
    case 'tensor':
      return { name, t: v.value, type };
    case 'graph':
      return { name, g: v.value, type };
    case 'floats':
      return { name, floats: Float32Array.from(v.value), type };
    case 'ints':
      return { name, ints: v.value, type };
    case 'strings':
      return { name, strings: v.value.map(encodeUtf8), type };
    case 'tensors':
      return { name, tensors: v.value, type };
    case 'graphs':
      return { name, graphs: v.value, type };
  }
}

function text(a: AttributeProto, bytes: Uint8Array): string {
  const out = decodeUtf8(bytes);
  if (out === undefined) throw new InputError(`attribute '${a.name ?? ''}': its text is not valid UTF-8`);
  return out;
}

/** The field that is set, for files of the first IR version, which state no type. */
function typeOf(a: AttributeProto): number {
  if (a.type !== undefined && a.type !== AttributeType.undefined) return a.type;
  const { float, int, string, tensor, graph, floats, ints, strings, tensors, graphs } = AttributeType;
  const present: readonly [unknown, number][] = [
    [a.f, float],
    [a.i, int],
    [a.s, string],
    [a.t, tensor],
    [a.g, graph],
    [a.floats, floats],
    [a.ints, ints],
    [a.strings, strings],
    [a.tensors, tensors],
    [a.graphs, graphs],
  ];
  return present.find(([value]) => value !== undefined)?.[1] ?? AttributeType.undefined;
}

/**
 * The value of an attribute: absent scalars are 0 or `''` and absent lists empty, as in protobuf.
 *
 * @throws InputError for sparse tensors, types, references to a function's attribute, and attributes without a value.
 */
export function attributeValue(a: AttributeProto): AttributeValue {
  const type = typeOf(a);
  if (a.refAttrName) {
    throw new InputError(
      `attribute '${a.name ?? ''}' refers to attribute '${a.refAttrName}' of a function: inline it first`,
    );
  }
  if (type === AttributeType.float) return float(a.f ?? 0);
  if (type === AttributeType.int) return int(a.i ?? 0);
  if (type === AttributeType.string) return string(a.s === undefined ? '' : text(a, a.s));
  if (type === AttributeType.tensor && a.t !== undefined) return { kind: 'tensor', value: a.t };
  if (type === AttributeType.graph && a.g !== undefined) return graph(a.g);
  if (type === AttributeType.floats) return floats(Array.from(a.floats ?? []));
  if (type === AttributeType.ints) return ints(a.ints ?? []);
  if (type === AttributeType.strings) return strings((a.strings ?? []).map((s) => text(a, s)));
  if (type === AttributeType.tensors) return tensors(a.tensors ?? []);
  if (type === AttributeType.graphs) return graphs(a.graphs ?? []);
  throw new InputError(`attribute '${a.name ?? ''}': type ${type} holds no value that can be read`);
}

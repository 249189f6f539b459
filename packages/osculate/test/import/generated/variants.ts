import type { DataTypeName } from '../../../src/onnx/data-type.js';
import type { Attributes, Case, Input, Numbers, Types } from './case.js';
import type { Schema } from './schemas.js';
import { drawn } from './values.js';

export interface TypedInput extends Input {
  readonly type: DataTypeName;
  readonly values: Numbers;
}

/** A case in one version and with one choice of element types: a node with its inputs. */
export interface Variant {
  readonly schema: Schema;
  readonly case: Case;
  readonly types: Types;
  /** Names the case and its element types. */
  readonly label: string;
  readonly inputs: readonly (TypedInput | null)[];
  readonly attributes: Attributes;
  /** Element types of the outputs; null for those that are not asked for. */
  readonly outputs: readonly (DataTypeName | null)[];
}

/** What a type parameter is while another one varies: the first of these that it may be. */
const usual: readonly DataTypeName[] = ['float', 'int64', 'int32', 'uint8', 'bool', 'double'];

/** All pairs of types. */
const pairs = ({ types }: Schema): Types[] =>
  types.get('T1')!.flatMap((T1) => types.get('T2')!.map((T2): Types => ({ T1, T2 })));

const usualTypes = ({ types }: Schema): Types =>
  Object.fromEntries([...types].map(([n, list]) => [n, usual.find((u) => list.includes(u)) ?? list[0]!]));

/** Every type parameter once with each of its types, the others with their usual one; and each type for all parameters that may have it. */
function assignments(schema: Schema): Types[] {
  const base = usualTypes(schema);
  const varied = [...schema.types].flatMap(([n, list]) => list.map((type): Types => ({ ...base, [n]: type })));
  const first: readonly DataTypeName[] = [...schema.types.values()][0] ?? [];
  const uniform = first.map((type) =>
    Object.fromEntries([...schema.types].map(([n, list]) => [n, list.includes(type) ? type : base[n]!])),
  );
  const all = [base, ...varied, ...uniform, ...(schema.op === 'BitCast' ? pairs(schema) : [])];
  const distinct = new Map(all.map((a) => [typesKey(a), a]));
  return [...distinct.values()];
}

/** Element types in the order of the schema's parameters. */
export const typesKey = (types: Types): string => Object.values(types).join('/') || '-';

const last = <T>(list: readonly T[], i: number): T => list[Math.min(i, list.length - 1)]!;

const typeIn = (types: Types, parameter: string): DataTypeName => types[parameter] ?? (parameter as DataTypeName);

function variant(schema: Schema, given: Case, types: Types): Variant {
  const label = `${given.what} [${typesKey(types)}]`;
  const inputs = given.inputs.map((input, i): TypedInput | null => {
    if (input === null) return null;
    const type = input.type ?? typeIn(types, last(schema.inputs, i));
    return { ...input, type, values: drawn(input, type, `${schema.op} ${given.what} ${i}`) };
  });
  const { outputs = 1, attributes = {} } = given;
  const wanted = typeof outputs === 'number' ? new Array<boolean>(outputs).fill(true) : outputs;
  const own = given.outputTypes?.(types);
  return {
    schema,
    case: given,
    types,
    label,
    inputs,
    attributes: typeof attributes === 'function' ? attributes(types) : attributes,
    outputs: wanted.map((w, i) => (w ? (own?.[i] ?? typeIn(types, last(schema.outputs, i))) : null)),
  };
}

/** The same node with another element type in place of the one that is not usual. */
export function inType({ schema, case: given, types }: Variant, type: DataTypeName): Variant {
  const base = usualTypes(schema);
  const unusual = types[Object.keys(types).find((n) => types[n] !== base[n]) ?? Object.keys(types)[0]!];
  const other = Object.entries(types).map(([n, own]) => [n, own === unusual ? type : own] as const);
  return variant(schema, given, Object.fromEntries(other));
}

/** All cases that a version knows, in all element types. */
export function variantsOf(schema: Schema, cases: readonly Case[]): Variant[] {
  const known = cases.filter(({ since = 0, until = 99 }) => since <= schema.opset && schema.opset < until);
  return assignments(schema).flatMap((types) =>
    known.filter((given) => given.types?.(types) ?? true).map((given) => variant(schema, given, types)),
  );
}

import { type Field, ModelSchema, maxDepth, type Schema, TensorSchema, wireOf } from './schema.js';
import { isRun, TypedList, type WireArray } from './typed-list.js';
import type { ModelProto, TensorProto } from './types.js';
import { WireReader, wireName } from './wire.js';

type Target = Record<string, unknown>;

/** Shared by all absent lists that are always there: a node without attributes costs no array. */
const empty: readonly unknown[] = Object.freeze([]);

/** A list of `target` that can be appended to. */
function listOf(target: Target, name: string): unknown[] {
  const list = target[name] as unknown[] | undefined;
  if (list !== undefined && list !== empty) return list;
  const fresh: unknown[] = [];
  target[name] = fresh;
  return fresh;
}

function readNested(r: WireReader, schema: Schema, depth: number, into?: Target): Target {
  const outer = r.end;
  r.end = r.lengthEnd();
  const out = readMessage(r, schema, depth + 1, into);
  r.end = outer;
  return out;
}

function readValue(r: WireReader, field: Field, depth: number, into?: Target): unknown {
  switch (field.scalar) {
    case 'int':
      return r.int();
    case 'long':
      return r.int64();
    case 'float':
      return r.float();
    case 'string':
      return r.string();
    case 'bytes':
      return r.view8();
    case 'message':
      return readNested(r, field.schema!(), depth, into);
    default:
      return r.fail(`a single ${field.scalar} is not part of any message`);
  }
}

function readList(r: WireReader, field: Field, wire: number, target: Target, depth: number): void {
  const list = listOf(target, field.name);
  if (!isRun(wire, wireOf(field.scalar))) {
    r.path.push(list.length);
    list.push(readValue(r, field, depth));
    r.path.pop();
    return;
  }
  const outer = r.end;
  r.end = r.lengthEnd();
  while (r.pos < r.end) list.push(readValue(r, field, depth));
  r.end = outer;
}

function readOne(r: WireReader, field: Field, schema: Schema, target: Target, depth: number): void {
  if (field.oneof) {
    for (const f of schema.fields) if (f.oneof && f !== field) delete target[f.name];
  }
  // A message that comes in several parts is merged, as protobuf demands.
  const value = readValue(r, field, depth, target[field.name] as Target | undefined);
  target[field.name] = value;
}

function pendingOf(pending: Map<string, TypedList>, field: Field, target: Target): TypedList {
  let list = pending.get(field.name);
  if (list === undefined) {
    list = new TypedList(field.scalar, target[field.name] as WireArray | undefined);
    pending.set(field.name, list);
  }
  return list;
}

function checkWire(r: WireReader, field: Field, wire: number, start: number): void {
  const expected = wireOf(field.scalar);
  if (wire === expected || (field.holder !== 'one' && isRun(wire, expected))) return;
  r.fail(`wire type ${wireName(wire)} where ${wireName(expected)} is expected`, start);
}

function readMessage(r: WireReader, schema: Schema, depth: number, into?: Target): Target {
  if (depth > maxDepth) r.fail(`messages are nested more than ${maxDepth} deep`);
  const target = into ?? {};
  if (into === undefined) for (const name of schema.always) target[name] = empty;
  let pending: Map<string, TypedList> | undefined;
  while (r.pos < r.end) {
    const start = r.pos;
    const tag = r.tag();
    const field = schema.byId[tag >>> 3];
    if (field === undefined) {
      r.skip(tag & 7);
      listOf(target, 'unknownFields').push(r.bytes.subarray(start, r.pos));
      continue;
    }
    r.path.push(field.name);
    checkWire(r, field, tag & 7, start);
    if (field.holder === 'one') readOne(r, field, schema, target, depth);
    else if (field.holder === 'list') readList(r, field, tag & 7, target, depth);
    else {
      pending ??= new Map();
      const list = pendingOf(pending, field, target);
      if (isRun(tag & 7, wireOf(field.scalar))) list.pushRun(r, r.lengthEnd());
      else list.pushOne(r);
    }
    r.path.pop();
  }
  if (pending !== undefined) for (const [name, list] of pending) target[name] = list.finish();
  return target;
}

/** A message of the type that its schema was made for: the schema's own type has every field of it, so the cast only names it. */
function readWhole<T>(bytes: Uint8Array, what: string, schema: Schema): T {
  return readMessage(new WireReader(bytes, what), schema, 1) as T;
}

/**
 * Decodes an ONNX model file. Byte fields are views of `bytes`; unknown fields are kept. Time and memory are linear in the file:
 * no length is believed before it is checked against the bytes that are left.
 *
 * @throws InputError for anything that is not a well-formed model message, with the path of the field and the byte offset.
 * @example
 * const { graph } = decodeModel(await readFileBytes('model.onnx'));
 * graph!.node.map(({ opType }) => opType); // ['Gemm', 'Tanh', 'Gemm']
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return readWhole(bytes, 'decodeModel', ModelSchema);
}

/**
 * Decodes one TensorProto, the form of the `.pb` files of ONNX's test data.
 * @throws As in `decodeModel`.
 * @example
 * const bytes = encodeTensor(tensorOf('w', ndarray('f64', [1, 2])));
 * tensorValues(decodeTensor(bytes)).array; // [1, 2]
 */
export function decodeTensor(bytes: Uint8Array): TensorProto {
  return readWhole(bytes, 'decodeTensor', TensorSchema);
}

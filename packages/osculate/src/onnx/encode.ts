import { InputError } from '../tensor/errors.js';
import { type Field, ModelSchema, maxDepth, type Schema, TensorSchema, wireOf } from './schema.js';
import type { WireArray } from './typed-list.js';
import type { Int64, ModelProto, TensorProto } from './types.js';
import { Wire } from './wire.js';
import { WireWriter } from './wire-writer.js';

function tag(w: WireWriter, field: Field, wire: number): void {
  w.uint(field.id * 8 + wire);
}

/** Writes the length of what was written since the writer held `before` bytes. */
function lengthSince(w: WireWriter, before: number): void {
  w.uint(w.length - before);
}

function writeValue(w: WireWriter, field: Field, value: unknown, depth: number): void {
  switch (field.scalar) {
    case 'int':
    case 'long':
      w.int64(value as Int64);
      break;
    case 'float':
      w.fixed(1, 4, (view) => view.setFloat32(0, value as number, true));
      break;
    default: {
      const before = w.length;
      if (field.scalar === 'string') w.text(value as string);
      else if (field.scalar === 'bytes') w.raw(value as Uint8Array);
      else writeMessage(w, field.schema!(), value as object, depth + 1);
      lengthSince(w, before);
    }
  }
  tag(w, field, wireOf(field.scalar));
}

/** The elements of a typed array, back to back. */
function writeRun(w: WireWriter, values: WireArray): void {
  if (values instanceof Float32Array) {
    w.fixed(values.length, 4, (view) => {
      for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true);
    });
  } else if (values instanceof Float64Array) {
    w.fixed(values.length, 8, (view) => {
      for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i]!, true);
    });
  } else if (values instanceof BigUint64Array) for (let i = values.length - 1; i >= 0; i--) w.uint64(values[i]!);
  else for (let i = values.length - 1; i >= 0; i--) w.int64(values[i]!);
}

function writeTyped(w: WireWriter, field: Field, values: WireArray, depth: number): void {
  if (!field.packed) {
    for (let i = values.length - 1; i >= 0; i--) writeValue(w, field, values[i]!, depth);
  } else if (values.length > 0) {
    const before = w.length;
    writeRun(w, values);
    lengthSince(w, before);
    tag(w, field, Wire.bytes);
  }
}

/** The fields of a message from the last to the first, since the writer runs backwards. */
function writeMessage(w: WireWriter, schema: Schema, message: object, depth: number): void {
  const source = message as Readonly<Record<string, unknown>>;
  if (depth > maxDepth) {
    throw new InputError(`encodeModel: messages are nested more than ${maxDepth} deep: is a graph part of itself?`);
  }
  const unknown = source.unknownFields as readonly Uint8Array[] | undefined;
  if (unknown !== undefined) for (let i = unknown.length - 1; i >= 0; i--) w.raw(unknown[i]!);
  for (let f = schema.fields.length - 1; f >= 0; f--) {
    const field = schema.fields[f]!;
    const value = source[field.name];
    if (value === undefined) continue;
    if (field.holder === 'one') writeValue(w, field, value, depth);
    else if (field.holder === 'typed') writeTyped(w, field, value as WireArray, depth);
    else {
      const list = value as readonly unknown[];
      for (let i = list.length - 1; i >= 0; i--) writeValue(w, field, list[i], depth);
    }
  }
}

/**
 * The bytes of an ONNX model file: fields in the order of their numbers, as ONNX's own tools write them, unknown fields at the end
 * of their message. Each byte of `rawData` is copied once; 20,000 nodes take some tens of milliseconds.
 *
 * @throws InputError for integers that are not exact, text that is not Unicode, and nesting deeper than 100 messages.
 * @example
 * const file = decodeModel(await readFileBytes('model.onnx'));
 * await writeFileAtomic('renamed.onnx', encodeModel({ ...file, producerName: 'me' }));
 */
export function encodeModel(model: ModelProto): Uint8Array {
  const w = new WireWriter();
  writeMessage(w, ModelSchema, model, 1);
  return w.finish();
}

/**
 * The bytes of one TensorProto (a `.pb` file of ONNX's test data).
 * @throws As in `encodeModel`.
 * @example
 * await writeFileAtomic('input_0.pb', encodeTensor(tensorOf('x', x)));
 */
export function encodeTensor(value: TensorProto): Uint8Array {
  const w = new WireWriter();
  writeMessage(w, TensorSchema, value, 1);
  return w.finish();
}

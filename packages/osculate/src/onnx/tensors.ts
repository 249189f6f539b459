import { allocate, type DType } from '../tensor/dtype.js';
import { DTypeError, InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { DataType, type DataTypeName, dataTypeName, dataTypeOf } from './data-type.js';
import { copyLittleEndian, littleEndianBytes } from './endian.js';
import { type ExternalReference, externalReference, isExternal } from './external.js';
import { fromBfloat16, fromFloat16, fromSmallFloat, type SmallFloat } from './small-float.js';
import type { TensorProto } from './types.js';

type Typed = 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data';

/** How an ONNX element type is stored and which of our dtypes holds all of its values. */
interface Storage {
  readonly dtype: DType;
  readonly bits: number;
  /** The field that holds the values when there are no raw data. */
  readonly field: Typed;
  /** One element from raw data, where the bytes are not those of `dtype`. `i` counts elements. */
  readonly read?: (view: DataView, i: number) => number | bigint;
  /** One element from the typed field, where the value stands as a bit pattern. */
  readonly decode?: (stored: number) => number;
}

/** Element i of `bits` bits, the first of a byte in its lowest bits. */
function packed(v: DataView, i: number, bits: number): number {
  const perByte = 8 / bits;
  return (v.getUint8(Math.floor(i / perByte)) >>> (bits * (i % perByte))) & (2 ** bits - 1);
}

function packedInteger(bits: number, signed: boolean): Storage {
  const lost = 32 - bits;
  const value = signed ? (n: number): number => (n << lost) >> lost : (n: number): number => n;
  return { dtype: 'i32', bits, field: 'int32Data', read: (v, i) => value(packed(v, i, bits)) };
}

function smallFloat(format: SmallFloat, bits: number): Storage {
  const decode = (pattern: number): number => fromSmallFloat(format, pattern);
  return { dtype: 'f32', bits, field: 'int32Data', read: (v, i) => decode(packed(v, i, bits)), decode };
}

const storages: Partial<Record<DataTypeName, Storage>> = {
  float: { dtype: 'f32', bits: 32, field: 'floatData' },
  double: { dtype: 'f64', bits: 64, field: 'doubleData' },
  int32: { dtype: 'i32', bits: 32, field: 'int32Data' },
  int64: { dtype: 'i64', bits: 64, field: 'int64Data' },
  bool: { dtype: 'bool', bits: 8, field: 'int32Data', read: (v, i) => (v.getUint8(i) === 0 ? 0 : 1) },
  uint8: { dtype: 'i32', bits: 8, field: 'int32Data', read: (v, i) => v.getUint8(i) },
  int8: { dtype: 'i32', bits: 8, field: 'int32Data', read: (v, i) => v.getInt8(i) },
  uint16: { dtype: 'i32', bits: 16, field: 'int32Data', read: (v, i) => v.getUint16(2 * i, true) },
  int16: { dtype: 'i32', bits: 16, field: 'int32Data', read: (v, i) => v.getInt16(2 * i, true) },
  uint32: { dtype: 'i64', bits: 32, field: 'uint64Data', read: (v, i) => BigInt(v.getUint32(4 * i, true)) },
  uint64: { dtype: 'i64', bits: 64, field: 'uint64Data', read: (v, i) => v.getBigUint64(8 * i, true) },
  float16: {
    dtype: 'f32',
    bits: 16,
    field: 'int32Data',
    read: (v, i) => fromFloat16(v.getUint16(2 * i, true)),
    decode: fromFloat16,
  },
  bfloat16: {
    dtype: 'f32',
    bits: 16,
    field: 'int32Data',
    read: (v, i) => fromBfloat16(v.getUint16(2 * i, true)),
    decode: fromBfloat16,
  },
  float8e4m3fn: smallFloat('e4m3fn', 8),
  float8e4m3fnuz: smallFloat('e4m3fnuz', 8),
  float8e5m2: smallFloat('e5m2', 8),
  float8e5m2fnuz: smallFloat('e5m2fnuz', 8),
  float4e2m1: smallFloat('e2m1', 4),
  uint4: packedInteger(4, false),
  int4: packedInteger(4, true),
  uint2: packedInteger(2, false),
  int2: packedInteger(2, true),
};

/** A tensor's values in the smallest of our dtypes that holds them all, and the element type of the file. */
export interface TensorValues {
  /** The values. */
  readonly array: NDArray;
  /** The element type in the file. */
  readonly original: DataTypeName;
}

export interface TensorOptions {
  /** Gives the bytes of external data; at least `length` of them when the reference states a length. */
  readonly external?: (reference: ExternalReference) => Uint8Array;
}

const nameOf = (t: TensorProto): string => `tensor '${t.name ?? ''}'`;

function countOf(t: TensorProto): number {
  let count = 1;
  for (const d of t.dims) {
    if (!Number.isSafeInteger(d) || d < 0) throw new InputError(`${nameOf(t)}: ${d} is not a dimension`);
    count *= d;
  }
  if (!Number.isSafeInteger(count)) throw new InputError(`${nameOf(t)}: shape [${t.dims.join(', ')}] is too large`);
  return count;
}

/** Raw bytes of the tensor, inline or external; undefined when the values stand in a typed field. */
function rawBytes(t: TensorProto, options: TensorOptions): Uint8Array | undefined {
  if (!isExternal(t)) return t.rawData;
  const reference = externalReference(t);
  if (options.external === undefined) {
    throw new InputError(
      `${nameOf(t)}: its data are in '${reference.location}'; pass the option 'external' to read it`,
    );
  }
  const bytes = options.external(reference);
  if (reference.length === undefined) return bytes;
  if (bytes.length < reference.length) {
    throw new InputError(`${nameOf(t)}: '${reference.location}' gave ${bytes.length} of ${reference.length} bytes`);
  }
  return bytes.subarray(0, reference.length);
}

function checkCount(t: TensorProto, got: number, expected: number, unit: string): void {
  if (got === expected) return;
  throw new InputError(`${nameOf(t)}: ${got} ${unit} for shape [${t.dims.join(', ')}], which takes ${expected}`);
}

/** i64 holds no unsigned value above 2^63 - 1: wrapping it would change it. */
function store(t: TensorProto, out: NDArray['data'], i: number, value: number | bigint): void {
  if (typeof value === 'bigint' && value > 0x7fffffffffffffffn) {
    throw new InputError(`${nameOf(t)}: element ${i} (${value}) exceeds the range of i64`);
  }
  out[i] = value;
}

function fromRaw(t: TensorProto, s: Storage, raw: Uint8Array, count: number): NDArray['data'] {
  checkCount(t, raw.length, Math.ceil((count * s.bits) / 8), 'bytes of raw data');
  const out = allocate(s.dtype, count);
  const { read } = s;
  if (read === undefined) copyLittleEndian(raw, out);
  else {
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    for (let i = 0; i < count; i++) store(t, out, i, read(view, i));
  }
  return out;
}

function fromField(t: TensorProto, s: Storage, count: number): NDArray['data'] {
  const values = t[s.field];
  const perValue = s.bits < 8 ? 8 / s.bits : 1;
  checkCount(t, values?.length ?? 0, Math.ceil(count / perValue), `values in ${s.field}`);
  const out = allocate(s.dtype, count);
  if (values === undefined) return out;
  if (s.bits < 8) {
    const bytes = Uint8Array.from(values as Int32Array);
    return fromRaw(t, s, bytes, count);
  }
  for (let i = 0; i < count; i++) {
    const v = values[i]!;
    store(t, out, i, s.decode !== undefined ? s.decode(v as number) : s.dtype === 'bool' ? Number(v !== 0) : v);
  }
  return out;
}

/**
 * The values of a TensorProto as a fresh array. float, double, int32, int64 and bool keep their type; float16 and bfloat16 widen to
 * f32, as do floats of 8 and 4 bits; integers of up to 16 bits to i32, uint32 and uint64 to i64, all exactly. The lengths are
 * checked before memory is taken.
 *
 * @throws InputError for lengths that contradict the shape, a uint64 beyond i64, or external data without a reader;
 * DTypeError for strings, complex numbers and float8e8m0.
 */
export function tensorValues(t: TensorProto, options: TensorOptions = {}): TensorValues {
  const original = dataTypeName(t.dataType ?? 0);
  const s = original === undefined ? undefined : storages[original];
  if (original === undefined || s === undefined) {
    throw new DTypeError(
      `${nameOf(t)}: element type ${original ?? t.dataType} has no counterpart in f32, f64, i32, i64, bool`,
    );
  }
  if (t.segment !== undefined) throw new InputError(`${nameOf(t)}: tensors in segments are not supported`);
  const count = countOf(t);
  const raw = rawBytes(t, options);
  const data = raw === undefined ? fromField(t, s, count) : fromRaw(t, s, raw, count);
  return { array: { dtype: s.dtype, shape: [...t.dims], data }, original };
}

/**
 * A TensorProto with raw data that share the array's memory (a copy only on big-endian hosts).
 * @example
 * const t = tensorOf('w', ndarray('f32', [[1, 2]]));
 * t.dims; // [1, 2]
 * tensorValues(t).original; // 'float'
 */
export function tensorOf(name: string, array: NDArray): TensorProto {
  const { dtype, shape, data } = array;
  return { name, dims: [...shape], dataType: dataTypeOf(dtype), rawData: littleEndianBytes(data) };
}

/** A one-dimensional or scalar int64 tensor, the form of shapes and axes. */
export function int64Tensor(name: string, values: number | readonly number[]): TensorProto {
  const list = typeof values === 'number' ? [values] : values;
  const data = BigInt64Array.from(list, BigInt);
  const dims = typeof values === 'number' ? [] : [list.length];
  return { name, dims, dataType: DataType.int64, rawData: littleEndianBytes(data) };
}

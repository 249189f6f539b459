import { copyLittleEndian, swapBytes } from '../onnx/endian.js';
import { fromBfloat16, fromFloat16 } from '../onnx/small-float.js';
import { allocate, type DType } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';

/** How a file stores one element, and which of our dtypes holds all of its values exactly. */
export interface StoredType {
  readonly dtype: DType;
  readonly bytes: number;
  /** One little-endian element at a byte offset; absent where the bytes are those of `dtype`. */
  readonly read?: (view: DataView, at: number) => number | bigint;
}

const largest = 2n ** 63n;

/** Element types of NPY, safetensors and IDX files by their common name. */
export const storedTypes = {
  f64: { dtype: 'f64', bytes: 8 },
  f32: { dtype: 'f32', bytes: 4 },
  f16: { dtype: 'f32', bytes: 2, read: (v, at) => fromFloat16(v.getUint16(at, true)) },
  bf16: { dtype: 'f32', bytes: 2, read: (v, at) => fromBfloat16(v.getUint16(at, true)) },
  i64: { dtype: 'i64', bytes: 8 },
  i32: { dtype: 'i32', bytes: 4 },
  i16: { dtype: 'i32', bytes: 2, read: (v, at) => v.getInt16(at, true) },
  i8: { dtype: 'i32', bytes: 1, read: (v, at) => v.getInt8(at) },
  u64: { dtype: 'i64', bytes: 8, read: (v, at) => v.getBigUint64(at, true) },
  u32: { dtype: 'i64', bytes: 4, read: (v, at) => BigInt(v.getUint32(at, true)) },
  u16: { dtype: 'i32', bytes: 2, read: (v, at) => v.getUint16(at, true) },
  u8: { dtype: 'i32', bytes: 1, read: (v, at) => v.getUint8(at) },
  bool: { dtype: 'bool', bytes: 1, read: (v, at) => (v.getUint8(at) === 0 ? 0 : 1) },
} as const satisfies Record<string, StoredType>;

export type StoredTypeName = keyof typeof storedTypes;

/**
 * The elements in `bytes` as a fresh array of the type's dtype. The length of `bytes` is the truth: memory is taken for what is
 * there, never for what a header claims.
 * @throws InputError for an unsigned value beyond i64.
 */
export function decodeElements(bytes: Uint8Array, type: StoredType, what: string, bigEndian = false): NDArray['data'] {
  const count = bytes.length / type.bytes;
  const source = bigEndian && type.bytes > 1 ? swapBytes(bytes.slice(), type.bytes) : bytes;
  const out = allocate(type.dtype, count);
  if (type.read === undefined) {
    copyLittleEndian(source, out);
    return out;
  }
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  for (let i = 0; i < count; i++) {
    const value = type.read(view, i * type.bytes);
    if (typeof value === 'bigint' && value >= largest) {
      throw new InputError(`${what}: element ${i} (${value}) exceeds the range of i64`);
    }
    out[i] = value;
  }
  return out;
}

import { showValue } from './check-value.js';
import { DTypeError } from './errors.js';

/** Element types of tensors. `i64` values are held as BigInt64Array at the boundary, as in ONNX. */
export type DType = 'f32' | 'f64' | 'i32' | 'i64' | 'bool';

/** The typed array that stores each dtype at the boundary of the library (bool: one byte an element, 0 or 1). */
export interface DTypeArray {
  /** Single precision. */
  f32: Float32Array;
  /** Double precision. */
  f64: Float64Array;
  /** Integers of 32 bits. */
  i32: Int32Array;
  /** Integers of 64 bits. */
  i64: BigInt64Array;
  /** Booleans as bytes 0 and 1. */
  bool: Uint8Array;
}

export type AnyTypedArray = DTypeArray[DType];

const bytes: Record<DType, number> = { f32: 4, f64: 8, i32: 4, i64: 8, bool: 1 };

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, i64: BigInt64Array, bool: Uint8Array } as const;

/** True when the typed array is of the type that holds the dtype at the boundary. */
export function holds<D extends DType>(array: AnyTypedArray, dtype: D): array is DTypeArray[D] {
  return array.constructor === arrays[dtype];
}

/** @throws DTypeError that lists the dtypes, for a value that is none. */
export function checkDType(what: string, dtype: DType): void {
  if (typeof dtype === 'string' && Object.hasOwn(bytes, dtype)) return;
  const list = Object.keys(bytes).map((d) => `'${d}'`);
  throw new DTypeError(`${what}: the dtype must be one of ${list.join(', ')}, got ${showValue(dtype)}`);
}

/**
 * Bytes of one element.
 * @example
 * bytesOf('f32'); // 4
 */
export function bytesOf(dtype: DType): number {
  checkDType('bytesOf', dtype);
  return bytes[dtype];
}

/**
 * True for f32 and f64.
 * @example
 * isFloat('i32'); // false
 */
export function isFloat(dtype: DType): boolean {
  return dtype === 'f32' || dtype === 'f64';
}

export function isInteger(dtype: DType): boolean {
  return dtype === 'i32' || dtype === 'i64';
}

/** A zero-filled typed array of `length` elements of `dtype`. */
export function allocate<D extends DType>(dtype: D, length: number): DTypeArray[D] {
  return new arrays[dtype](length) as DTypeArray[D];
}

/** The elements of `dtype` in a buffer, in place: all that fill it, or so many from a byte on. */
export function elementsIn<D extends DType>(dtype: D, buffer: ArrayBuffer, from = 0, length?: number): DTypeArray[D] {
  return new arrays[dtype](buffer, from, length) as DTypeArray[D];
}

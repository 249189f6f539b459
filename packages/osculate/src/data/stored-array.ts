import type { NDArray } from '../tensor/ndarray.js';
import type { Shape } from '../tensor/shape.js';
import { decodeElements, type StoredType } from './stored-type.js';

/** Bytes that are read by their place: those of a file, or its contents in memory. */
export interface ByteRanges {
  readonly size: number;
  /** The bytes from `from` up to `to`, both within 0 … size. */
  read(from: number, to: number): Uint8Array;
}

/** An array in a file, where and how: what the header says, found to agree with the bytes there are. */
export interface StoredArray {
  readonly type: StoredType;
  readonly bigEndian: boolean;
  readonly shape: Shape;
  /** The place of its elements, which fill the bytes up to `end`. */
  readonly begin: number;
  readonly end: number;
}

export function bytesInMemory(bytes: Uint8Array): ByteRanges {
  return { size: bytes.length, read: (from, to) => bytes.subarray(from, to) };
}

/** The whole array, a copy. InputError for an unsigned value beyond i64. */
export function decodeArray(
  file: ByteRanges,
  { type, bigEndian, shape, begin, end }: StoredArray,
  what: string,
): NDArray {
  return { dtype: type.dtype, shape, data: decodeElements(file.read(begin, end), type, what, bigEndian) };
}

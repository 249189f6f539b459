import type { AnyTypedArray } from '../tensor/dtype.js';

export const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reverses the bytes of each element of `width` bytes, in place. */
export function swapBytes(bytes: Uint8Array, width: number): Uint8Array {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
  return bytes;
}

/** The little-endian bytes of an array: a view of its memory, or a swapped copy on a big-endian host. */
export function littleEndianBytes(array: AnyTypedArray): Uint8Array {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return hostIsLittle ? bytes : swapBytes(bytes.slice(), array.BYTES_PER_ELEMENT);
}

/** Fills `out` from little-endian bytes of the same length. */
export function copyLittleEndian(bytes: Uint8Array, out: AnyTypedArray): void {
  const target = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  target.set(bytes);
  if (!hostIsLittle) swapBytes(target, out.BYTES_PER_ELEMENT);
}

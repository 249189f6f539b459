import { littleEndianBytes } from '../onnx/endian.js';
import type { DType } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { type Shape, showShape, sizeOf } from '../tensor/shape.js';

const descr: Record<DType, string> = { f32: '<f4', f64: '<f8', i32: '<i4', i64: '<i8', bool: '|b1' };

/**
 * What an NPY file (version 1, row-major, little-endian) begins with, aligned to 64 bytes; the elements follow. For files that are written
 * piece by piece.
 * @example
 * const header = npyHeader('f64', [1_000_000, 3]); // then the elements, chunk by chunk
 */
export function npyHeader(dtype: DType, shape: Shape): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const header = `{'descr': '${descr[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Ten bytes before the header, a line feed after it.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length);
  bytes.set(new TextEncoder().encode(`${header.padEnd(length - 1)}\n`), 10);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >>> 8]);
  return bytes;
}

/**
 * An NPY file (version 1, row-major, little-endian), which `numpy.load` reads.
 * @example
 * await writeFileAtomic('x.npy', writeNpy(x)); // numpy.load('x.npy')
 */
export function writeNpy({ dtype, shape, data }: NDArray): Uint8Array<ArrayBuffer> {
  if (sizeOf(shape) !== data.length) {
    throw new InputError(`NPY: the array has ${data.length} elements for shape ${showShape(shape)}`);
  }
  const header = npyHeader(dtype, shape);
  const file = new Uint8Array(header.length + data.byteLength);
  file.set(header);
  file.set(littleEndianBytes(data), header.length);
  return file;
}

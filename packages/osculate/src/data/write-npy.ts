import { littleEndianBytes } from '../onnx/endian.js';
import type { DType } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { showShape, sizeOf } from '../tensor/shape.js';

const descr: Record<DType, string> = { f32: '<f4', f64: '<f8', i32: '<i4', i64: '<i8', bool: '|b1' };

/** An NPY file (version 1, row-major, little-endian), which `numpy.load` reads. Data are aligned to 64 bytes. */
export function writeNpy({ dtype, shape, data }: NDArray): Uint8Array<ArrayBuffer> {
  if (sizeOf(shape) !== data.length) {
    throw new InputError(`NPY: the array has ${data.length} elements for shape ${showShape(shape)}`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const header = `{'descr': '${descr[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Ten bytes before the header, a line feed after it.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const file = new Uint8Array(10 + length + data.byteLength);
  file.set(new TextEncoder().encode(`${header.padEnd(length - 1)}\n`), 10);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >>> 8]);
  file.set(littleEndianBytes(data), 10 + length);
  return file;
}

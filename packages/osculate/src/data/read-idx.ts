import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { elementCount } from './element-count.js';
import { gunzip, isGzip } from './gunzip.js';
import { decodeElements, type StoredType, storedTypes } from './stored-type.js';

export interface IdxOptions {
  /** Most bytes that a gzip file may hold (default 1 GiB). */
  readonly limit?: number;
}

const types = new Map<number, StoredType>([
  [0x08, storedTypes.u8],
  [0x09, storedTypes.i8],
  [0x0b, storedTypes.i16],
  [0x0c, storedTypes.i32],
  [0x0d, storedTypes.f32],
  [0x0e, storedTypes.f64],
]);

/**
 * Reads an IDX file, the format of MNIST (LeCun): big-endian, of unsigned or signed bytes and shorts (widened to i32), i32, f32 or
 * f64, plain or gzip. Lengths are checked before memory is taken.
 * @throws InputError when the file is malformed or damaged.
 */
export function readIdx(file: Uint8Array, options: IdxOptions = {}): NDArray {
  const bytes = isGzip(file) ? gunzip(file, options.limit ?? 2 ** 30) : file;
  const type = types.get(bytes[2] ?? 0);
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    throw new InputError(`IDX: the file does not begin with 0, 0 and an element type (found ${bytes.slice(0, 4)})`);
  }
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw new InputError(`IDX: ${bytes.length} bytes are too few for ${rank} dimensions`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = elementCount(shape, 'IDX') * type.bytes;
  if (bytes.length - start !== expected) {
    throw new InputError(`IDX: ${bytes.length - start} bytes for shape [${shape.join(', ')}], which takes ${expected}`);
  }
  return { dtype: type.dtype, shape, data: decodeElements(bytes.subarray(start), type, 'IDX', true) };
}

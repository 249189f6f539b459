import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { elementCount } from './element-count.js';
import { gunzip, isGzip } from './gunzip.js';
import { type ByteRanges, bytesInMemory, decodeArray, type StoredArray } from './stored-array.js';
import { type StoredType, storedTypes } from './stored-type.js';

export interface IdxOptions {
  /** Most bytes that a gzip file may hold (default 1 GiB). */
  readonly limit?: number;
}

const idxOptions: OptionNames<IdxOptions> = { limit: 1 };

const types = new Map<number, StoredType>([
  [0x08, storedTypes.u8],
  [0x09, storedTypes.i8],
  [0x0b, storedTypes.i16],
  [0x0c, storedTypes.i32],
  [0x0d, storedTypes.f32],
  [0x0e, storedTypes.f64],
]);

/** The array of an IDX file that is not compressed. InputError when it is malformed. */
export function idxArray(file: ByteRanges): StoredArray {
  const bytes = file.read(0, Math.min(file.size, 4));
  const type = types.get(bytes[2] ?? 0);
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    throw new InputError(`IDX: the file does not begin with 0, 0 and an element type (found ${bytes})`);
  }
  const rank = bytes[3]!;
  const begin = 4 + 4 * rank;
  if (file.size < begin) throw new InputError(`IDX: ${file.size} bytes are too few for ${rank} dimensions`);
  const dims = file.read(4, begin);
  const view = new DataView(dims.buffer, dims.byteOffset, dims.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 * i));
  const expected = elementCount(shape, 'IDX') * type.bytes;
  if (file.size - begin !== expected) {
    throw new InputError(`IDX: ${file.size - begin} bytes for shape [${shape.join(', ')}], which takes ${expected}`);
  }
  return { type, bigEndian: true, shape, begin, end: file.size };
}

/**
 * Reads an IDX file, the format of MNIST (LeCun): big-endian, of unsigned or signed bytes and shorts (widened to i32), i32, f32 or
 * f64, plain or gzip. Lengths are checked before memory is taken.
 * @throws InputError when the file is malformed or damaged.
 * @example
 * const images = readIdx(await readFileBytes('train-images-idx3-ubyte'));
 * images.shape; // [5, 28, 28]
 */
export function readIdx(file: Uint8Array, options: IdxOptions = {}): NDArray {
  checkNames('readIdx', options, idxOptions);
  const bytes = bytesInMemory(isGzip(file) ? gunzip(file, options.limit ?? 2 ** 30) : file);
  return decodeArray(bytes, idxArray(bytes), 'IDX');
}

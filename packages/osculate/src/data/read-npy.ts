import { type AnyTypedArray, allocate } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { type Shape, stridesOf } from '../tensor/shape.js';
import { elementCount } from './element-count.js';
import { type NpyHeader, parseNpyHeader } from './npy-header.js';
import { decodeElements, type StoredType, storedTypes } from './stored-type.js';

const types = new Map<string, StoredType>([
  ['f8', storedTypes.f64],
  ['f4', storedTypes.f32],
  ['f2', storedTypes.f16],
  ['i8', storedTypes.i64],
  ['i4', storedTypes.i32],
  ['i2', storedTypes.i16],
  ['i1', storedTypes.i8],
  ['u8', storedTypes.u64],
  ['u4', storedTypes.u32],
  ['u2', storedTypes.u16],
  ['u1', storedTypes.u8],
  ['b1', storedTypes.bool],
]);

/** A plain array's header fits version 1's 65,535 bytes; larger ones are those of structured arrays. */
const largestHeader = 65_535;

function splitHeader(bytes: Uint8Array): { header: NpyHeader; data: Uint8Array } {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 12 || magic.some((m, i) => bytes[i] !== m)) {
    throw new InputError('NPY: the file does not begin with \\x93NUMPY');
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw new InputError(`NPY: version ${version} is not one of 1, 2, 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
  const [start, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > largestHeader || start + length > bytes.length) {
    throw new InputError(`NPY: a header of ${length} bytes does not fit (file of ${bytes.length} bytes)`);
  }
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, start + length));
  return { header: parseNpyHeader(text), data: bytes.subarray(start + length) };
}

/** Row-major order from column-major, the first index running fastest. */
function fromFortran(data: AnyTypedArray, dtype: NDArray['dtype'], shape: Shape): AnyTypedArray {
  const out = allocate(dtype, data.length);
  const strides = stridesOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  let target = 0;
  for (let i = 0; i < data.length; i++) {
    out[target] = data[i]!;
    for (let axis = 0; axis < shape.length; axis++) {
      target += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      target -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * Reads an NPY file (NumPy's array format, versions 1 to 3), of either byte order and either memory order. f16 is widened to f32,
 * i8, u8, i16, u16 to i32, u32 and u64 to i64, all exactly. Lengths are checked before memory is taken; pickled
 * objects are never read.
 * @throws InputError when the file is malformed, of another element type, or holds a u64 beyond i64.
 */
export function readNpy(bytes: Uint8Array): NDArray {
  const { header, data } = splitHeader(bytes);
  const { descr, fortranOrder, shape } = header;
  const type = /^[<>|=]/.test(descr) ? types.get(descr.slice(1)) : undefined;
  if (type === undefined) {
    throw new InputError(
      `NPY: element type '${descr}' is not read; convert it with astype('float64') or such in NumPy`,
    );
  }
  const expected = elementCount(shape, 'NPY') * type.bytes;
  if (data.length !== expected) {
    throw new InputError(
      `NPY: ${data.length} bytes for '${descr}' of shape [${shape.join(', ')}], which takes ${expected}`,
    );
  }
  const elements = decodeElements(data, type, 'NPY', descr.startsWith('>'));
  const rowMajor = fortranOrder && shape.length > 1 ? fromFortran(elements, type.dtype, shape) : elements;
  return { dtype: type.dtype, shape, data: rowMajor };
}

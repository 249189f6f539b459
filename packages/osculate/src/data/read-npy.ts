import { type AnyTypedArray, allocate } from '../tensor/dtype.js';
import type { NDArray } from '../tensor/ndarray.js';
import { type Shape, stridesOf } from '../tensor/shape.js';
import { npyArray } from './npy-header.js';
import { bytesInMemory, decodeArray } from './stored-array.js';

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
 * @example
 * const array = readNpy(await readFileBytes('x.npy'));
 * array.shape; // [20, 2]
 */
export function readNpy(bytes: Uint8Array): NDArray {
  const file = bytesInMemory(bytes);
  const stored = npyArray(file);
  const array = decodeArray(file, stored, 'NPY');
  if (!stored.fortranOrder) return array;
  return { ...array, data: fromFortran(array.data, array.dtype, array.shape) } as NDArray;
}

import { InputError } from '../tensor/errors.js';
import { elementCount } from './element-count.js';
import type { ByteRanges, StoredArray } from './stored-array.js';
import { type StoredType, storedTypes } from './stored-type.js';

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

interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const entry = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([\d\s,L]*\))\s*(,|(?=\s*\}))/y;
const end = /\s*\}\s*$/y;

function parseShape(text: string): number[] {
  const items = text
    .slice(1, -1)
    .split(',')
    .map((s) => s.trim());
  // A tuple of one has a comma at its end.
  if (items.at(-1) === '') items.pop();
  return items.map((item) => {
    if (!/^\d+L?$/.test(item)) throw new InputError(`NPY: "${item}" in the shape ${text} is not a dimension`);
    return Number.parseInt(item, 10);
  });
}

/** Parses the header's Python literal: a dictionary of exactly 'descr', 'fortran_order' and 'shape'. */
function parseNpyHeader(text: string): NpyHeader {
  const fields = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  for (;;) {
    entry.lastIndex = at;
    const match = entry.exec(text);
    if (match === null) break;
    fields.set(match[1]!, match[2]!);
    at = entry.lastIndex;
  }
  end.lastIndex = at;
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((name) => fields.get(name));
  const valid = /^\s*\{/.test(text) && end.test(text) && fields.size === 3;
  if (!valid || !descr?.startsWith("'") || !/^(True|False)$/.test(order ?? '') || !shape?.startsWith('(')) {
    throw new InputError(
      `NPY: the header is not that of a plain array (structured and object arrays are not read): ${text.trim().slice(0, 200)}`,
    );
  }
  return { descr: descr.slice(1, -1), fortranOrder: order === 'True', shape: parseShape(shape) };
}

function readHeader(file: ByteRanges, from: number, to: number): { header: NpyHeader; begin: number } {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  const bytes = file.read(from, Math.min(to, from + 12));
  if (bytes.length < 12 || magic.some((m, i) => bytes[i] !== m)) {
    throw new InputError('NPY: the file does not begin with \\x93NUMPY');
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw new InputError(`NPY: version ${version} is not one of 1, 2, 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
  const [start, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const begin = from + start + length;
  if (length > largestHeader || begin > to) {
    throw new InputError(`NPY: a header of ${length} bytes does not fit (file of ${to - from} bytes)`);
  }
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(file.read(from + start, begin));
  return { header: parseNpyHeader(text), begin };
}

/** The array of an NPY file that lies in the bytes from `from` up to `to`. InputError when it is malformed or of another element type. */
export function npyArray(file: ByteRanges, from = 0, to = file.size): StoredArray & { readonly fortranOrder: boolean } {
  const { header, begin } = readHeader(file, from, to);
  const { descr, shape, fortranOrder } = header;
  const type = /^[<>|=]/.test(descr) ? types.get(descr.slice(1)) : undefined;
  if (type === undefined) {
    throw new InputError(
      `NPY: element type '${descr}' is not read; convert it with astype('float64') or such in NumPy`,
    );
  }
  const expected = elementCount(shape, 'NPY') * type.bytes;
  if (to - begin !== expected) {
    throw new InputError(
      `NPY: ${to - begin} bytes for '${descr}' of shape [${shape.join(', ')}], which takes ${expected}`,
    );
  }
  return {
    type,
    bigEndian: descr.startsWith('>'),
    shape,
    begin,
    end: to,
    fortranOrder: fortranOrder && shape.length > 1,
  };
}

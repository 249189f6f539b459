import { hostIsLittle } from '../../onnx/endian.js';
import { type AnyTypedArray, allocate, type DType, elementsIn, isFloat } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import { astype, type NDArray } from '../../tensor/ndarray.js';
import { sizeOf } from '../../tensor/shape.js';
import { checkRows, commonRows, type Field, type RowSource } from '../source.js';
import type { StoredArray } from '../stored-array.js';
import { decodeElements } from '../stored-type.js';
import { RowReader, type StoredRows } from './row-reader.js';
import { closeFile, type OpenArray, openArray } from './stored-file.js';

/** Where a field lies, and what becomes of its values. */
export interface FieldFile {
  /** The path of the file. */
  readonly file: string;
  /** The array of an NPZ or safetensors file (default: the only one, else that with the name of the field). */
  readonly array?: string;
  /** Converts the values as `astype` does; default: the dtype that `readNpy`, `readSafetensors` and `readIdx` give. */
  readonly dtype?: DType;
  /** Multiplies the values, as 1/255 for pixels; those that are not floats then become f32. */
  readonly scale?: number;
}

/** Makes elements of a field's dtype of the stored ones. */
type Convert = (stored: AnyTypedArray) => AnyTypedArray;

interface OpenField {
  readonly name: string;
  readonly field: Field;
  readonly rows: StoredRows;
  /** The elements of the field from the buffer that was read; null: they lie in it as they are. */
  readonly decode: ((buffer: ArrayBuffer) => AnyTypedArray) | null;
}

/** The dtype of a field whose stored values are held by `from`, and the way to it; null where there is nothing to do. */
function conversion(name: string, from: DType, options: FieldFile): { dtype: DType; convert: Convert | null } {
  const { scale } = options;
  const dtype = options.dtype ?? (scale === undefined || isFloat(from) ? from : 'f32');
  if (scale === undefined) {
    const convert: Convert = (data) => astype({ dtype: from, shape: [data.length], data }, dtype).data;
    return { dtype, convert: dtype === from ? null : convert };
  }
  if (!Number.isFinite(scale))
    throw new InputError(`fileSource: the scale of "${name}" is ${scale}; it must be finite`);
  if (!isFloat(dtype)) throw new InputError(`fileSource: "${name}" is scaled; its dtype is f32 or f64, not ${dtype}`);
  const convert: Convert = (stored) => {
    const data = allocate(dtype, stored.length);
    for (let i = 0; i < data.length; i++) data[i] = Number(stored[i]) * scale;
    return data;
  };
  return { dtype, convert };
}

function openField(name: string, { fd, stored }: OpenArray, options: FieldFile): OpenField {
  const { type, bigEndian, begin } = stored;
  const { dtype, convert } = conversion(name, type.dtype, options);
  const shape = stored.shape.slice(1);
  const decode = (bytes: Uint8Array): AnyTypedArray => {
    const elements = decodeElements(bytes, type, `fileSource: "${options.file}"`, bigEndian);
    return convert ? convert(elements) : elements;
  };
  const narrow = type.bytes <= 2;
  const asStored = type.read === undefined && bigEndian !== hostIsLittle && convert === null;
  return {
    name,
    field: { dtype, shape },
    rows: {
      fd,
      begin,
      rowBytes: sizeOf(shape) * type.bytes,
      count: stored.shape[0] ?? 0,
      table: narrow ? decode(patterns(stored)) : null,
    },
    decode: narrow || asStored ? null : (buffer) => decode(new Uint8Array(buffer)),
  };
}

/** Every element of one or two bytes that there can be. */
function patterns({ type }: StoredArray): Uint8Array {
  if (type.bytes === 1) return Uint8Array.from({ length: 256 }, (_, i) => i);
  return new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer);
}

/** All fields, or none when one of them fails: no file stays open then. */
async function openFields(
  files: Readonly<Record<string, string | FieldFile>>,
): Promise<[RowSource['rows'], OpenField[]]> {
  const opened: OpenArray[] = [];
  const fields: OpenField[] = [];
  const shapes: Record<string, StoredArray['shape']> = {};
  try {
    for (const [name, where] of Object.entries(files)) {
      const options = typeof where === 'string' ? { file: where } : where;
      const array = await openArray(options.file, name, options.array);
      opened.push(array);
      shapes[name] = array.stored.shape;
      fields.push(openField(name, array, options));
    }
    return [commonRows('fileSource', shapes), fields];
  } catch (error) {
    await Promise.all(opened.map(({ fd }) => closeFile(fd)));
    throw error;
  }
}

/**
 * A source of the rows of arrays in files, which may be larger than memory: NPY, NPZ as `np.savez` writes it, safetensors and IDX, told
 * apart by what they begin with. A thread reads the rows that are asked for, so that reading goes on while a model runs (`ahead` has it
 * begin before); consecutive rows are read as one, and an array of up to 32 MiB, as of classes, is held. Headers are checked against the size of the file; a checksum of an NPZ member
 * is not, as this takes all of it. The files must not change while the source is open.
 * @throws InputError for a file that is malformed, compressed, in Fortran order or without the array; ShapeError for different numbers of
 *   rows; errors of node:fs. `read`: InputError for a row that is not there and for a file that was cut off.
 * @example
 * const source = await fileSource({
 *   x: { file: 'train-images-idx3-ubyte', scale: 1 / 255 },
 *   y: 'train-labels-idx1-ubyte',
 * });
 * const { x, y } = await source.read([3, 1, 4]); // f32 [3, 28, 28] and i32 [3]
 * await source.dispose();
 */
export async function fileSource(
  files: Readonly<Record<string, string | FieldFile>>,
): Promise<RowSource & Required<Pick<RowSource, 'dispose'>>> {
  const [rows, fields] = await openFields(files);
  const reader = new RowReader(fields.map((field) => field.rows));
  return {
    rows,
    fields: Object.fromEntries(fields.map(({ name, field }) => [name, field])),
    async read(wanted) {
      checkRows('fileSource', wanted, rows);
      const buffers = await reader.read(wanted);
      const arrays = fields.map(({ name, field, decode }, i): [string, NDArray] => {
        const data = decode ? decode(buffers[i]!) : elementsIn(field.dtype, buffers[i]!);
        return [name, { dtype: field.dtype, shape: [wanted.length, ...field.shape], data }];
      });
      return Object.fromEntries(arrays);
    },
    recycle(arrays) {
      const buffers = fields.map(({ name }) => arrays[name]?.data.buffer ?? null);
      reader.recycle(buffers.map((buffer) => (buffer instanceof ArrayBuffer ? buffer : null)));
    },
    async dispose() {
      await reader.dispose();
      await Promise.all(fields.splice(0).map((field) => closeFile(field.rows.fd)));
    },
  };
}

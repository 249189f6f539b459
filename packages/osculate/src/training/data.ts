import { arrays } from '../data/arrays.js';
import { crc32 } from '../data/crc32.js';
import type { RowSource, Rows } from '../data/source.js';
import { take } from '../data/take.js';
import type { FloatDType } from '../nn/index.js';
import type { Named } from '../objective/objective.js';
import { checkFinite } from '../objective/supervised.js';
import { checkObject } from '../tensor/check-value.js';
import { isFloat } from '../tensor/dtype.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { ArrayValue } from '../tensor/ndarray.js';
import { astype, type NDArray } from '../tensor/ndarray.js';
import { plainArray } from '../tensor/plain.js';
import type { Generator } from '../tensor/random.js';
import { showShape } from '../tensor/shape.js';

/** One array of rows, or several by name. */
export type Fields = ArrayValue | Named<ArrayValue>;

/** Examples in memory. */
export interface Examples {
  /** The model's input `[rows, …]`, or its inputs by name. */
  readonly x: Fields;
  /** The targets `[rows, …]`, or several by name. */
  readonly y: Fields;
}

/** Examples from a source of rows: files larger than memory, generated rows. */
export interface ExamplesFrom {
  /** The source of the rows. */
  readonly data: RowSource;
  /** The fields that the loss reads (default: "y"); the model gets the others. */
  readonly targets?: readonly string[];
}

/** How numbers become arrays. */
export interface Conversion {
  /** Of the parameters: floats are converted to it. */
  readonly dtype: FloatDType;
  /** Targets that are whole numbers are numbers of classes. */
  readonly classes: boolean;
}

/** Rows with the fields of inputs and targets. */
export interface Prepared {
  readonly source: RowSource;
  readonly inputs: readonly string[];
  readonly targets: readonly string[];
}

const isNamed = (fields: Fields): fields is Named<ArrayValue> =>
  typeof fields === 'object' &&
  !Array.isArray(fields) &&
  !ArrayBuffer.isView(fields) &&
  !('dtype' in fields && 'shape' in fields);

/** Numbers as the model takes them: floats of its dtype, integers as i32. */
function inputArray(what: string, value: ArrayValue, dtype: FloatDType): NDArray {
  const array = plainArray(what, value, dtype);
  return isFloat(array.dtype) || array.dtype === 'bool' ? astype(array, dtype) : array;
}

/** Whole numbers that are not rows of 0 and one 1. */
function areClasses({ data, shape }: NDArray): boolean {
  if (!Array.from(data, Number).every(Number.isInteger)) return false;
  const width = shape.at(-1);
  if (shape.length < 2 || width === undefined || width < 2) return true;
  for (let from = 0; from < data.length; from += width) {
    let ones = 0;
    for (let i = from; i < from + width; i++) {
      const v = Number(data[i]);
      if (v !== 0 && v !== 1) return true;
      ones += v;
    }
    if (ones !== 1) return true;
  }
  return false;
}

function targetArray(what: string, value: ArrayValue, { dtype, classes }: Conversion): NDArray {
  const array = plainArray(what, value, dtype);
  if (array.dtype === 'i32' || array.dtype === 'i64') return classes ? array : astype(array, dtype);
  return astype(array, classes && areClasses(array) ? 'i32' : dtype);
}

/** The fields of inputs, or of targets, as arrays. */
function named<T>(fields: Fields, sole: string, convert: (what: string, value: ArrayValue) => T): [string, T][] {
  if (fields === undefined || fields === null)
    throw new InputError(`fitModel: ${sole} is missing; give an array of rows`);
  if (!isNamed(fields)) return [[sole, convert(`fitModel: ${sole}`, fields)]];
  return Object.entries(fields).map(([name, value]) => [name, convert(`fitModel: ${sole}.${name}`, value)]);
}

/** Inputs by name as the model takes them. */
export function inputArrays(x: Fields, dtype: FloatDType): Record<string, NDArray> {
  return Object.fromEntries(named(x, 'x', (what, value) => inputArray(what, value, dtype)));
}

/** @throws ShapeError that says how to give rows, for inputs in one list of numbers, and for other numbers of rows. */
function checkLengths(inputs: readonly [string, NDArray][], targets: readonly [string, NDArray][]): void {
  const [first] = targets;
  for (const [name, { shape }] of [...inputs, ...targets]) {
    const rows = first?.[1].shape[0];
    const [length] = shape;
    if (rows === undefined || length === undefined || length === rows) continue;
    const width = length / rows;
    const flat = shape.length === 1 && width > 1 && Number.isInteger(width);
    const remedy = flat ? `; give it as rows: nested lists, or ndarray('f32', ${name}, [${rows}, ${width}])` : '';
    throw new ShapeError(
      `fitModel: "${name}" ${showShape(shape)} has ${length} rows, and "${first![0]}" has ${rows}${remedy}`,
    );
  }
}

/** @throws InputError or ShapeError for what is not numbers, and for fields that differ in their numbers of rows. */
export function prepareExamples(examples: Examples | ExamplesFrom, conversion: Conversion): Prepared {
  checkObject('fitModel: the examples', examples);
  if ('data' in examples) {
    if (typeof examples.data?.read !== 'function')
      throw new InputError('fitModel: data is not a source of rows; see arrays, fileSource and generated');
    const { data, targets = ['y'] } = examples;
    return { source: data, inputs: Object.keys(data.fields).filter((name) => !targets.includes(name)), targets };
  }
  const inputs = named(examples.x, 'x', (what, value) => inputArray(what, value, conversion.dtype));
  const targets = named(examples.y, 'y', (what, value) => targetArray(what, value, conversion));
  const twice = inputs.find(([name]) => targets.some(([other]) => other === name));
  if (twice) throw new InputError(`fitModel: "${twice[0]}" is an input and a target; rename one`);
  checkLengths(inputs, targets);
  for (const [name, array] of [...inputs, ...targets]) checkFinite(name, array);
  return {
    source: arrays(Object.fromEntries([...inputs, ...targets])),
    inputs: inputs.map(([name]) => name),
    targets: targets.map(([name]) => name),
  };
}

/** Some rows of a source as a source of their own. */
function rowsOf(source: RowSource, chosen: Uint32Array): RowSource {
  const place = (rows: Rows): Uint32Array => Uint32Array.from(rows, (row) => chosen[row]!);
  const { recycle } = source;
  return {
    rows: chosen.length,
    fields: source.fields,
    ...(source.inMemory !== undefined && { inMemory: source.inMemory }),
    read: (rows) => source.read(place(rows)),
    ...(recycle && { recycle: (read) => recycle.call(source, read) }),
  };
}

/** Holds a share of the rows back, chosen at random. @throws InputError for a share that leaves one side without rows. */
export function splitRows(
  source: RowSource,
  share: number,
  generator: Generator,
): [training: RowSource, validation: RowSource] {
  const count = Math.round(share * source.rows);
  if (!(share > 0 && share < 1) || count < 1 || count >= source.rows) {
    throw new InputError(
      `fitModel: validation is ${share}, which is ${count} of ${source.rows} rows; give a share between 0 and 1 that leaves rows on both sides, or { x, y }`,
    );
  }
  const order = generator.permutation(source.rows);
  return [rowsOf(source, order.subarray(count).sort()), rowsOf(source, order.subarray(0, count).sort())];
}

/** The first rows, and as many as `rows` in all: a last piece of the size of the others. */
export function padded(array: NDArray, rows: number): NDArray {
  const count = array.shape[0]!;
  if (count === rows) return array;
  return take(
    array,
    Array.from({ length: rows }, (_, i) => Math.min(i, count - 1)),
  );
}

/** Rows whose values enter a mark. */
const marked = 16;

/** What tells examples apart: their number, their fields, and a checksum of some of them. */
export async function rowsMark({ rows, fields, ...source }: RowSource): Promise<string> {
  const count = Math.min(marked, rows);
  const places = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
  const read = count === 0 ? {} : await source.read(places);
  const sums = Object.entries(read).map(([name, { data }]) => [
    name,
    crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
  return JSON.stringify([rows, Object.entries(fields).map(([name, { dtype, shape }]) => [name, dtype, shape]), sums]);
}

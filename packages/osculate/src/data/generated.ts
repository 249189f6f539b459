import { checkNames, checkOptions } from '../tensor/check-options.js';
import { DTypeError, InputError, ShapeError } from '../tensor/errors.js';
import { type Generator, generator } from '../tensor/random.js';
import { sameShape, showShape } from '../tensor/shape.js';
import { checkArray, checkRows, type Field, type RowArrays, type RowSource, type Rows } from './source.js';

export interface GeneratedOptions {
  /** The number of rows: the rows of an epoch, and of "all of the data". */
  readonly rows: number;
  /** The fields of a row, by name. */
  readonly fields: Readonly<Record<string, Field>>;
  /** With a row's number, the seed of its generator (default 0). */
  readonly seed?: number;
}

/** Makes rows: arrays `[rows.length, …]` of every field. `generatorOf(row)` gives the row's own generator, always from its beginning. */
export type MakeRows = (rows: Rows, generatorOf: (row: number) => Generator) => RowArrays | Promise<RowArrays>;

/** Two rounds of a 32-bit mixing function (MurmurHash3's finalizer). */
function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 bits of a hash of two integers of up to 53 bits. */
function hash(start: number, a: number, b: number): number {
  return [a, a / 2 ** 32, b, b / 2 ** 32].reduce(
    (h, word) => mix((h + 0x9e3779b9) >>> 0, Math.floor(word) >>> 0),
    start,
  );
}

/** An independent generator for each pair of seed and row. */
export function rowGenerator(seed: number, row: number): Generator {
  return generator(hash(1, seed, row) + 2 ** 32 * (hash(2, seed, row) >>> 11));
}

function checkMade(made: RowArrays | undefined, { fields }: GeneratedOptions, rows: number): RowArrays {
  if (!made) throw new InputError('generated: the function returned nothing; return an array for every field');
  for (const [name, { dtype, shape }] of Object.entries(fields)) {
    const array = Object.hasOwn(made, name) ? made[name] : undefined;
    if (!array) {
      throw new InputError(`generated: the function gave no "${name}"; it gave ${Object.keys(made).join(', ')}`);
    }
    if (array.dtype !== dtype)
      throw new DTypeError(`generated: "${name}" is ${array.dtype}, but its field is ${dtype}`);
    if (!sameShape(array.shape, [rows, ...shape])) {
      throw new ShapeError(
        `generated: "${name}" is ${showShape(array.shape)}; ${rows} rows of the field are ${showShape([rows, ...shape])}`,
      );
    }
    checkArray('generated', name, array);
  }
  return made;
}

/**
 * A source whose rows a function makes from their numbers: physics points, augmented images, simulations.
 *
 * The rule of randomness: a row is a function of the seed and of its own number, of nothing else. So it is the same in each product and trial
 * point of a step, in any batch, and after a run is resumed. To have data that differ from epoch to epoch, give the source more rows
 * than the data have: row r as a random variant of image r mod n, or 10⁷ points of which each step draws a thousand.
 * @throws InputError for a number of rows or a seed that is not an integer ≥ 0; `read`: InputError, DTypeError or ShapeError for arrays that
 *   are not those of the fields.
 * @example
 * const points = generated({ rows: 1e7, fields: { x: { dtype: 'f32', shape: [2] } } }, (rows, generatorOf) => {
 *   const x = zeros('f32', [rows.length, 2]);
 *   Array.from(rows).forEach((row, i) => {
 *     const random = generatorOf(row);
 *     x.data.set([random.uniform(), random.uniform()], 2 * i);
 *   });
 *   return { x };
 * });
 */
export function generated(options: GeneratedOptions, make: MakeRows): RowSource {
  checkNames<GeneratedOptions>('generated', options, { rows: 1, fields: 1, seed: 1 });
  const { rows, fields, seed = 0 } = options;
  checkOptions('generated', { 'an integer ≥ 0': { rows, seed } });
  return {
    rows,
    fields,
    read(wanted) {
      checkRows('generated', wanted, rows);
      const made = make(wanted, (row) => rowGenerator(seed, row));
      if (made instanceof Promise) return made.then((arrays) => checkMade(arrays, options, wanted.length));
      return checkMade(made, options, wanted.length);
    },
  };
}

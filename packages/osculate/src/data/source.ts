import { type DType, holds } from '../tensor/dtype.js';
import { DTypeError, InputError, ShapeError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { type Shape, showShape, sizeOf } from '../tensor/shape.js';

/** Row numbers of a data set. */
export type Rows = ArrayLike<number> & Iterable<number>;

/** A field of a row: its shape is that of one row, without the axis of rows. */
export interface Field {
  /** The dtype of its elements. */
  readonly dtype: DType;
  /** The shape in one row; `[]` for a number. */
  readonly shape: Shape;
}

/**
 * Rows by field: arrays `[rows, …]`. They may be the source's own memory: read them and do not write to them. The source leaves them as they
 * are until they are given back (`recycle`).
 */
export type RowArrays = Record<string, NDArray>;

/**
 * Rows of named arrays that are read by their numbers 0 … rows − 1. A row is always the same, in whatever order, company and number of
 * times it is read.
 */
export interface RowSource {
  /** How many rows there are. */
  readonly rows: number;
  /** The fields of a row, by name. */
  readonly fields: Readonly<Record<string, Field>>;
  /** `read` answers at once, from memory: reading ahead gains nothing. */
  readonly inMemory?: boolean;
  /**
   * The rows asked for, in that order, repeats included. A source in memory answers at once, others by a promise.
   * @throws InputError for a row that the source does not have.
   */
  read(rows: Rows): RowArrays | Promise<RowArrays>;
  /**
   * Takes arrays of a read back, for their memory to serve a later read (fresh memory costs more than reading into it). The caller
   * must not use them any more.
   */
  recycle?(arrays: RowArrays): void;
  /** Closes files and ends threads; a process ends without it. */
  dispose?(): Promise<void>;
}

/** True where two lists hold the same rows in the same order. */
export function sameRows(a: Rows, b: Rows): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** InputError for a number that is not one of a source's rows. */
export function checkRows(what: string, rows: Rows, count: number): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!(Number.isInteger(row) && row >= 0 && row < count)) {
      throw new InputError(`${what}: there is no row ${row}; the rows are 0 … ${count - 1}`);
    }
  }
}

/** @throws ShapeError or DTypeError for an array whose elements do not fill its shape or are not of its dtype, InputError for something else. */
export function checkArray(what: string, name: string, array: NDArray | undefined): void {
  if (!ArrayBuffer.isView(array?.data)) throw new InputError(`${what}: "${name}" is no array { dtype, shape, data }`);
  const { dtype, shape, data } = array;
  const { name: kind } = data.constructor;
  if (!holds(data, dtype)) throw new DTypeError(`${what}: "${name}" is ${dtype} in a ${kind}`);
  if (data.length !== sizeOf(shape))
    throw new ShapeError(`${what}: "${name}" has ${data.length} elements for its shape ${showShape(shape)}`);
}

/** The number of rows of arrays of these shapes. ShapeError unless all have as many. */
export function commonRows(what: string, shapes: Readonly<Record<string, Shape>>): number {
  const entries = Object.entries(shapes);
  const [first] = entries;
  if (first === undefined) throw new ShapeError(`${what}: there are no fields; give at least one`);
  for (const [name, shape] of entries) {
    if (shape.length === 0) throw new ShapeError(`${what}: "${name}" is a scalar and has no rows`);
    if (shape[0] !== first[1][0]) {
      throw new ShapeError(
        `${what}: "${first[0]}" ${showShape(first[1])} and "${name}" ${showShape(shape)} differ in their numbers of rows`,
      );
    }
  }
  return first[1][0]!;
}

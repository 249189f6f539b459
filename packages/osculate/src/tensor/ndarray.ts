import { showValue } from './check-value.js';
import {
  type AnyTypedArray,
  allocate,
  checkDType,
  type DType,
  type DTypeArray,
  holds,
  isFloat,
  isInteger,
} from './dtype.js';
import { InputError, ShapeError } from './errors.js';
import { checkShape, type Shape, showShape, sizeOf } from './shape.js';

/** A concrete, dense, row-major array: what programs take and give, and what files hold. */
export interface NDArray<D extends DType = DType> {
  /** The type of its elements. */
  readonly dtype: D;
  /** The lengths of its axes; `[]` for a scalar. */
  readonly shape: Shape;
  /** The elements, the last axis fastest. */
  readonly data: DTypeArray[D];
}

/** A number, or lists of numbers nested to a regular shape. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** Anything that holds numbers: an array with dtype and shape, a typed array (a vector), or nested lists. */
export type ArrayValue = NDArray | AnyTypedArray | NestedNumbers;

/** True for an object with dtype, shape and data. */
export function isNDArray(value: unknown): value is NDArray {
  if (typeof value !== 'object' || value === null) return false;
  return 'dtype' in value && 'shape' in value && 'data' in value && ArrayBuffer.isView(value.data);
}

function shapeOfNested(value: unknown): number[] {
  const shape: number[] = [];
  for (let v = value; Array.isArray(v); v = v[0]) shape.push(v.length);
  return shape;
}

function fillNested(what: string, value: unknown, shape: Shape, depth: number, out: number[]): void {
  if (Array.isArray(value)) {
    if (value.length !== shape[depth]) {
      throw new ShapeError(`${what}: ragged nesting at depth ${depth}: ${value.length} against ${shape[depth]}`);
    }
    for (const v of value) fillNested(what, v, shape, depth + 1, out);
    return;
  }
  if (typeof value !== 'number') {
    throw new InputError(`${what}: needs numbers or nested arrays of numbers, got ${showValue(value)}`);
  }
  if (depth !== shape.length) throw new ShapeError(`${what}: ragged nesting, expected shape ${showShape(shape)}`);
  out.push(value);
}

function isTypedArray(data: unknown): data is AnyTypedArray {
  return ArrayBuffer.isView(data) && !(data instanceof DataView);
}

function checkFilled(what: string, elements: number, shape: Shape): void {
  checkShape(shape, what);
  if (sizeOf(shape) !== elements) {
    throw new ShapeError(
      `${what}: ${elements} elements do not fill shape ${showShape(shape)} (${sizeOf(shape)} elements)`,
    );
  }
}

function build<D extends DType>(what: string, dtype: D, data: unknown, shape?: Shape): NDArray<D> {
  checkDType(what, dtype);
  if (isTypedArray(data)) {
    const s = shape === undefined ? [data.length] : shape;
    checkFilled(what, data.length, s);
    return { dtype, shape: s, data: holds(data, dtype) ? data : convert(dtype, data) };
  }
  const nested = shapeOfNested(data);
  const flat: number[] = [];
  fillNested(what, data, nested, 0, flat);
  const s = shape === undefined ? nested : shape;
  checkFilled(what, flat.length, s);
  return { dtype, shape: s, data: convert(dtype, flat) };
}

/**
 * Wraps data without copying when it is the typed array of `dtype`; converts nested or flat numbers otherwise.
 * The shape defaults to the nesting of `data` (or its length for a typed array).
 * @example
 * ndarray('f64', [[1, 2], [3, 4]]); // shape [2, 2]
 * @throws InputError for what is no number or no integer of an integer dtype; ShapeError for ragged nesting or another size;
 *   DTypeError for an unknown dtype.
 */
export function ndarray<D extends DType>(
  dtype: D,
  data: DTypeArray[D] | NestedNumbers | ArrayLike<number>,
  shape?: Shape,
): NDArray<D> {
  return build('ndarray', dtype, data, shape);
}

/** The array of a dtype with these values and their shape; `what` begins the messages of errors, which are those of `ndarray`. */
export function arrayOf<D extends DType>(what: string, value: unknown, dtype: D): NDArray<D> {
  if (!isNDArray(value)) return build(what, dtype, value);
  return is(value, dtype) ? value : build(what, dtype, value.data, value.shape);
}

type Values = ArrayLike<number> | AnyTypedArray;

function numbersInto<T extends Float32Array | Float64Array>(out: T, values: Values): T {
  for (let i = 0; i < values.length; i++) out[i] = Number(values[i]);
  return out;
}

function shortIntegers(values: Values): Int32Array {
  const out = allocate('i32', values.length);
  for (let i = 0; i < values.length; i++) {
    out[i] = Number(values[i]);
    if (out[i] !== Number(values[i])) {
      throw new InputError(`ndarray: element ${i} (${values[i]}) is not an integer that i32 can hold`);
    }
  }
  return out;
}

function integers(values: Values): BigInt64Array {
  const out = allocate('i64', values.length);
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (typeof v === 'number' && !Number.isSafeInteger(v)) {
      throw new InputError(`ndarray: element ${i} (${v}) is not an integer that i64 can hold exactly`);
    }
    out[i] = BigInt(v);
  }
  return out;
}

function booleans(values: Values): Uint8Array {
  const out = allocate('bool', values.length);
  for (let i = 0; i < values.length; i++) out[i] = Number(values[i]) === 0 ? 0 : 1;
  return out;
}

const converters: { readonly [D in DType]: (values: Values) => DTypeArray[D] } = {
  f32: (values) => numbersInto(allocate('f32', values.length), values),
  f64: (values) => numbersInto(allocate('f64', values.length), values),
  i32: shortIntegers,
  i64: integers,
  bool: booleans,
};

function convert<D extends DType>(dtype: D, values: Values): DTypeArray[D] {
  return converters[dtype](values);
}

/**
 * An array of zeros.
 * @example
 * zeros('f32', [2, 2]); // [0, 0, 0, 0]
 */
export function zeros<D extends DType>(dtype: D, shape: Shape): NDArray<D> {
  checkDType('zeros', dtype);
  checkShape(shape, 'zeros');
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
}

function checkNDArray(what: string, value: unknown): void {
  if (!isNDArray(value))
    throw new InputError(`${what}: needs an array with dtype, shape and data, got ${showValue(value)}`);
}

function is<D extends DType>(a: NDArray, dtype: D): a is NDArray<D> {
  return a.dtype === dtype;
}

/**
 * The same values in another dtype (floats to integers truncate towards zero; anything to bool is `!= 0`).
 * @example
 * astype(ndarray('f64', [1.7, -1.7]), 'i32'); // [1, -1]
 */
export function astype<D extends DType>(a: NDArray, dtype: D): NDArray<D> {
  checkNDArray('astype', a);
  checkDType('astype', dtype);
  if (is(a, dtype)) return a;
  if (isInteger(dtype) && isFloat(a.dtype)) {
    const truncated = Float64Array.from(a.data as Float64Array, Math.trunc);
    return { dtype, shape: a.shape, data: convert(dtype, truncated) };
  }
  return { dtype, shape: a.shape, data: convert(dtype, a.data) };
}

/**
 * The values as ordinary numbers in row-major order (i64 beyond 2^53 loses precision).
 * @example
 * toNumbers(ndarray('i64', [1, 2])); // [1, 2]
 */
export function toNumbers(a: NDArray): number[] {
  checkNDArray('toNumbers', a);
  return Array.from(a.data as ArrayLike<number | bigint>, Number);
}

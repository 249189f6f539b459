import { type AnyTypedArray, allocate, type DType, type DTypeArray, holds } from './dtype.js';
import { InputError, ShapeError } from './errors.js';
import { checkShape, type Shape, showShape, sizeOf } from './shape.js';

/** A concrete, dense, row-major array: what programs take and give, and what files hold. */
export interface NDArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: DTypeArray[D];
}

export type NestedNumbers = number | readonly NestedNumbers[];

function shapeOfNested(value: NestedNumbers): number[] {
  const shape: number[] = [];
  let v: NestedNumbers | undefined = value;
  while (typeof v === 'object') {
    shape.push(v.length);
    v = v[0];
  }
  return shape;
}

function fillNested(value: NestedNumbers, shape: Shape, depth: number, out: number[]): void {
  if (typeof value === 'number') {
    if (depth !== shape.length) throw new ShapeError(`ndarray: ragged nesting, expected shape ${showShape(shape)}`);
    out.push(value);
    return;
  }
  if (value.length !== shape[depth]) {
    throw new ShapeError(`ndarray: ragged nesting at depth ${depth}: ${value.length} against ${shape[depth]}`);
  }
  for (const v of value) fillNested(v, shape, depth + 1, out);
}

function isTypedArray(data: unknown): data is AnyTypedArray {
  return ArrayBuffer.isView(data);
}

/**
 * Wraps data without copying when it is the typed array of `dtype`; converts nested or flat numbers otherwise.
 * The shape defaults to the nesting of `data` (or its length for a typed array).
 */
export function ndarray<D extends DType>(
  dtype: D,
  data: DTypeArray[D] | NestedNumbers | ArrayLike<number>,
  shape?: Shape,
): NDArray<D> {
  if (isTypedArray(data)) {
    const s = shape ?? [data.length];
    checkShape(s, 'ndarray');
    if (sizeOf(s) !== data.length) {
      throw new ShapeError(
        `ndarray: ${data.length} elements do not fill shape ${showShape(s)} (${sizeOf(s)} elements)`,
      );
    }
    return { dtype, shape: s, data: holds(data, dtype) ? data : convert(dtype, data) };
  }
  const nested = data as NestedNumbers;
  const nestedShape = shapeOfNested(nested);
  const flat: number[] = [];
  fillNested(nested, nestedShape, 0, flat);
  const s = shape ?? nestedShape;
  checkShape(s, 'ndarray');
  if (sizeOf(s) !== flat.length) {
    throw new ShapeError(`ndarray: ${flat.length} elements do not fill shape ${showShape(s)} (${sizeOf(s)} elements)`);
  }
  return { dtype, shape: s, data: convert(dtype, flat) };
}

type Values = ArrayLike<number> | AnyTypedArray;

function numbersInto<T extends Float32Array | Float64Array | Int32Array>(out: T, values: Values): T {
  for (let i = 0; i < values.length; i++) out[i] = Number(values[i]);
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
  i32: (values) => numbersInto(allocate('i32', values.length), values),
  i64: integers,
  bool: booleans,
};

function convert<D extends DType>(dtype: D, values: Values): DTypeArray[D] {
  return converters[dtype](values);
}

/** An array of zeros. */
export function zeros<D extends DType>(dtype: D, shape: Shape): NDArray<D> {
  checkShape(shape, 'zeros');
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
}

function is<D extends DType>(a: NDArray, dtype: D): a is NDArray<D> {
  return a.dtype === dtype;
}

/** The same values in another dtype (floats to integers truncate towards zero; anything to bool is `!= 0`). */
export function astype<D extends DType>(a: NDArray, dtype: D): NDArray<D> {
  if (is(a, dtype)) return a;
  if (dtype === 'i64' && (a.dtype === 'f32' || a.dtype === 'f64')) {
    const truncated = Float64Array.from(a.data as Float64Array, Math.trunc);
    return { dtype, shape: a.shape, data: convert(dtype, truncated) };
  }
  return { dtype, shape: a.shape, data: convert(dtype, a.data) };
}

/** The values as ordinary numbers in row-major order (i64 beyond 2^53 loses precision). */
export function toNumbers(a: NDArray): number[] {
  return Array.from(a.data as ArrayLike<number | bigint>, Number);
}

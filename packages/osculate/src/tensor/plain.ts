import { showValue } from './check-value.js';
import { type AnyTypedArray, type DType, holds } from './dtype.js';
import { DTypeError, InputError } from './errors.js';
import { arrayOf, isNDArray, type NDArray, type NestedNumbers } from './ndarray.js';
import type { Tree } from './tree.js';

/** Numbers of the same kind as given: lists for lists, a Float32Array for a Float32Array. */
export type Like<X> = X extends number
  ? number
  : X extends AnyTypedArray | NDArray
    ? X
    : X extends readonly (infer E)[]
      ? Like<E>[]
      : { [K in keyof X]: Like<X[K]> };

const typed: readonly DType[] = ['f32', 'f64', 'i32', 'i64', 'bool'];

/** A list of numbers, or of such lists; a list of anything else is a branch of a tree. */
function isNested(value: unknown): value is NestedNumbers {
  return typeof value === 'number' || (Array.isArray(value) && (value.length === 0 || isNested(value[0])));
}

function refuse(what: string, value: unknown): never {
  let first = value;
  while (Array.isArray(first) && first.length > 0) first = first[0];
  const shown = first === value ? showValue(value) : `a list of ${showValue(first)} and so on`;
  throw new InputError(`${what} is ${shown}; give a number, nested lists of numbers, a typed array or an NDArray`);
}

/**
 * The array of plain numbers: lists are f64 unless `dtype` says otherwise, a typed array has the dtype that it holds, and an NDArray is itself.
 * `undefined` for a plain object or a list of other things.
 * @throws InputError that names `what` for anything else, ShapeError for ragged lists, DTypeError for a typed array that holds no dtype.
 */
function leafArray(what: string, value: unknown, dtype: DType): NDArray | undefined {
  if (isNested(value)) return arrayOf(what, value, dtype);
  if (typeof value !== 'object' || value === null) return refuse(what, value);
  if (ArrayBuffer.isView(value)) {
    const data = value as AnyTypedArray;
    const found = typed.find((name) => holds(data, name));
    if (found === undefined) {
      throw new DTypeError(
        `${what} is a ${value.constructor.name}; use a Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array`,
      );
    }
    return arrayOf(what, data, found);
  }
  return isNDArray(value) ? value : undefined;
}

/** `leafArray` of what cannot be a tree. */
export function plainArray(what: string, value: unknown, dtype: DType = 'f64'): NDArray {
  return leafArray(what, value, dtype) ?? refuse(what, value);
}

/** Plain numbers in any nesting of objects and lists, as arrays; errors name the place. */
export function arraysOf(what: string, value: unknown, dtype: DType = 'f64'): Tree<NDArray> {
  const array = leafArray(what, value, dtype);
  if (array !== undefined) return array;
  if (Array.isArray(value)) return value.map((item, i) => arraysOf(`${what}[${i}]`, item, dtype));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => [key, arraysOf(`${what}.${key}`, item, dtype)]),
  );
}

/** Values in row-major order as nested lists of the shape; a number where there are no axes. */
function nestedNumbers({ shape, data }: NDArray): NestedNumbers {
  const build = (axis: number, offset: number): NestedNumbers => {
    if (axis === shape.length) return Number(data[offset]);
    const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return Array.from({ length: shape[axis]! }, (_, i) => build(axis + 1, offset + i * stride));
  };
  return build(0, 0);
}

/** A result in the kind of what was given: lists for lists, a typed array for a typed array. */
export function likeInput(result: Tree<NDArray>, given: unknown): unknown {
  if (typeof given === 'number' || isNested(given)) return nestedNumbers(result as NDArray);
  if (ArrayBuffer.isView(given)) return (result as NDArray).data;
  if (isNDArray(given)) return result;
  const own = result as Record<string, Tree<NDArray>>;
  if (Array.isArray(given)) return given.map((item, i) => likeInput(own[i]!, item));
  return Object.fromEntries(Object.entries(given as object).map(([key, item]) => [key, likeInput(own[key]!, item)]));
}

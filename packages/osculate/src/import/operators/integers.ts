import { type DType, isFloat } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';

/** Most elements of a table that the import writes out: a file of a few bytes must not ask for gigabytes. */
const largestTable = 2 ** 22;

/** @throws InputError before a table of so many elements is made. */
export function checkTable(count: number): void {
  if (count >= 0 && count <= largestTable) return;
  if (!(count > largestTable)) throw new InputError(`it needs a table of ${count} elements, which there cannot be`);
  throw new InputError(
    `it needs a table of ${count} elements, more than ${largestTable}, which is taken for an error of the file`,
  );
}

/** A constant of integers (or of other numbers of any dtype). */
export const numbers = (values: ArrayLike<number>, dtype: DType, shape?: Shape): Tensor =>
  constant(ndarray(dtype, values, shape));

/** A constant whose element at each flat index is computed. */
export function tabulate(shape: Shape, dtype: DType, f: (index: readonly number[]) => number): Tensor {
  checkTable(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  const values = new Float64Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    values[i] = f(index);
    for (let d = shape.length - 1; d >= 0 && ++index[d]! === shape[d]; d--) index[d] = 0;
  }
  return numbers(values, dtype, shape);
}

/** What nothing is less or greater than, by dtype; integers of 64 bits go as far as those of 32. */
export const bounds: Readonly<Record<DType, readonly [least: number, greatest: number]>> = {
  f32: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  f64: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  i32: [-2147483648, 2147483647],
  i64: [-2147483648, 2147483647],
  bool: [0, 1],
};

/** An importer of a function of reals, on integers: computed in f64, the fraction cut off. */
export const onReals =
  (importer: (call: NodeCall) => Tensor): ((call: NodeCall) => Tensor) =>
  (call) => {
    const { dtype } = call.input(0);
    if (isFloat(dtype)) return importer(call);
    const inputs = call.inputs.map((x) => (x?.dtype === dtype ? x.cast('f64') : x));
    return importer(call.withInputs(inputs)).cast(dtype);
  };

/** `count` integers from 0. */
export function iota(count: number): number[] {
  checkTable(count);
  return Array.from({ length: count }, (_, i) => i);
}

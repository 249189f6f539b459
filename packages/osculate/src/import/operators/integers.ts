import { allocate, type DType } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';

/** A constant of integers (or of other numbers of any dtype). */
export function numbers(values: ArrayLike<number>, dtype: DType, shape: Shape = [values.length]): Tensor {
  const data = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++)
    (data as Float64Array)[i] = (dtype === 'i64' ? BigInt(values[i]!) : values[i]!) as number;
  return constant({ dtype, shape, data });
}

/** A constant whose element at each flat index is computed. */
export function tabulate(shape: Shape, dtype: DType, f: (index: readonly number[]) => number): Tensor {
  const index = new Array<number>(shape.length).fill(0);
  const values = new Float64Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    values[i] = f(index);
    for (let d = shape.length - 1; d >= 0 && ++index[d]! === shape[d]; d--) index[d] = 0;
  }
  return numbers(values, dtype, shape);
}

/** `count` integers from 0. */
export const iota = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

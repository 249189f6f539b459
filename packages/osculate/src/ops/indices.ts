import { describe } from '../tensor/describe.js';
import { allocate, type DType } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { constant, constantValue, isConstant } from '../tensor/leaf.js';
import { toNumbers } from '../tensor/ndarray.js';

/** Throws an InputError that names the first index outside [0, length), where the indices are known before the run. */
export function checkIndices(what: string, indices: Tensor, length: number): void {
  if (!isConstant(indices)) return;
  toNumbers(constantValue(indices)).forEach((index, at) => {
    if (index < 0 || index >= length) {
      throw new InputError(`${what}: index ${index} at ${at} of ${describe(indices)} is not in [0, ${length})`);
    }
  });
}

/** The error of a reference kernel at an index outside [0, length). */
export function badIndex(what: string, index: number, at: number, length: number): InputError {
  return new InputError(`${what}: index ${index} at position ${at} is not in [0, ${length})`);
}

/** The integers 0, step, 2·step, … (`count` of them) as a constant of an integer dtype. */
export function range(dtype: DType, count: number, step = 1): Tensor {
  const data = allocate(dtype, count);
  for (let i = 0; i < count; i++) (data as Int32Array)[i] = (dtype === 'i64' ? BigInt(i * step) : i * step) as number;
  return constant({ dtype, shape: [count], data });
}

/** Indices of a batch into tables of `length` that are laid one after another. */
export function offsetIndices(indices: Tensor, size: number, length: number): Tensor {
  const column = [size, ...new Array<number>(indices.rank - 1).fill(1)];
  return indices.add(range(indices.dtype, size, length).reshape(column));
}

/** x with one axis moved to another place, the others in their order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const order = Array.from({ length: x.rank }, (_, i) => i);
  order.splice(to, 0, ...order.splice(from, 1));
  return x.transpose(order);
}

/** The first two axes as one. */
export function joinAxes(x: Tensor): Tensor {
  return x.reshape([x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)]);
}

import type { Tensor } from '../../tensor/ir.js';
import { full, input } from '../../tensor/leaf.js';
import type { Shape } from '../../tensor/shape.js';
import { expand } from '../expand.js';

/** A body's placeholder that stands for values like `t`, or of another shape. */
export function placeholder(role: string, t: Tensor, shape: Shape = t.shape): Tensor {
  return input(role, t.dtype, shape);
}

/** Zeros like `t`, held as one broadcast scalar. */
export function zerosLike(t: Tensor): Tensor {
  return expand(full(0, t.dtype), t.shape);
}

/** The tensors that are not null. */
export function present(list: readonly (Tensor | null)[]): Tensor[] {
  return list.filter((t) => t !== null);
}

/**
 * Restores the places of a shorter list: where `marks[i]` is not null (or true), the next of `values`; null elsewhere.
 */
export function scatter<T>(marks: readonly unknown[], values: readonly T[]): (T | null)[] {
  let next = 0;
  return marks.map((m) => (m === null || m === false ? null : values[next++]!));
}

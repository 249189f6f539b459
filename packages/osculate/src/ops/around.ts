import { type Shape, sizeOf } from '../tensor/shape.js';

/** A shape seen from one axis, as [outer, length, inner]: the element at (o, i, k) has flat index (o·length + i)·inner + k. */
interface Around {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

export function around(shape: Shape, axis: number): Around {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

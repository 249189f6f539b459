import type { NDArray } from '../../../src/tensor/index.js';
import { sizeOf, stridesOf } from '../../../src/tensor/shape.js';

/** Every index of a shape, in row-major order. */
export function indicesOf(shape: readonly number[]): number[][] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, flat) => shape.map((d, i) => Math.floor(flat / strides[i]!) % d));
}

/** The element of an array at an index. */
export function at(a: NDArray, index: readonly number[]): number {
  const strides = stridesOf(a.shape);
  return Number(a.data[index.reduce((sum, k, i) => sum + k * strides[i]!, 0)]);
}

/** An array's values by a function of the index. */
export function tabulate(shape: readonly number[], f: (index: number[]) => number): number[] {
  return indicesOf(shape).map(f);
}

/** Folds each group of elements of `a` that agree in all indices but those of `axes`; groups in row-major order. */
export function groups(a: NDArray, axes: readonly number[]): number[][] {
  const kept = a.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const own = axes.map((i) => a.shape[i]!);
  return indicesOf(kept.map((i) => a.shape[i]!)).map((outer) =>
    indicesOf(own).map((inner) => {
      const index = new Array<number>(a.shape.length);
      kept.forEach((axis, i) => {
        index[axis] = outer[i]!;
      });
      axes.forEach((axis, i) => {
        index[axis] = inner[i]!;
      });
      return at(a, index);
    }),
  );
}

export const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

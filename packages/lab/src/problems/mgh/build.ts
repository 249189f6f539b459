import { concat, stack } from 'osculate/ops';
import { constant, type Tensor } from 'osculate/tensor';

/** Residuals r(x), m of them, of a problem of Moré, Garbow and Hillstrom 1981. */
export type Residuals = (x: Tensor, m: number) => Tensor;

/** f(1), …, f(count) as a vector of constants. */
export function each(count: number, f: (i: number) => number): Tensor {
  return constant(
    Array.from({ length: count }, (_, i) => f(i + 1)),
    'f64',
  );
}

/** The matrix of f(i, j), i and j from 1, times x. */
export function linear(rows: number, x: Tensor, f: (i: number, j: number) => number): Tensor {
  const numbers = Array.from({ length: rows }, (_, i) => Array.from({ length: x.size }, (_, j) => f(i + 1, j + 1)));
  return constant(numbers, 'f64')
    .matmul(x.reshape([x.size, 1]))
    .reshape([rows]);
}

/** The variables as scalars. */
export function scalars(x: Tensor): Tensor[] {
  return Array.from({ length: x.size }, (_, i) => x.slice([i], [i + 1]).reshape([]));
}

/** Scalars as a vector. */
export const vector = (...items: readonly Tensor[]): Tensor => stack(items, 0);

/** Vectors one after the other. */
export const join = (...parts: readonly Tensor[]): Tensor =>
  concat(
    parts.map((t) => t.reshape([t.size])),
    0,
  );

/** Column k of the variables in rows of `size`. */
export function column(x: Tensor, size: number, k: number): Tensor {
  return x
    .reshape([x.size / size, size])
    .slice([0, k], [x.size / size, k + 1])
    .reshape([x.size / size]);
}

/** Data of a problem. */
export const data = (...values: readonly number[]): Tensor => constant([...values], 'f64');

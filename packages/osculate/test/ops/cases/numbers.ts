import type { NDArray } from '../../../src/tensor/index.js';
import type { CaseInput, OpCase } from '../case.js';

/** What an op does with numbers. */
export type Scalar = (...args: number[]) => number;
export type Expected = NonNullable<OpCase['expected']>;

export const box: CaseInput = { shape: [2, 3] };
export const bools = (...values: number[]): CaseInput => ({ shape: [values.length], dtype: 'bool', values });
export const numbers = (...values: number[]): CaseInput => ({ shape: [values.length], values });
export const integers = (dtype: 'i32' | 'i64', ...values: number[]): CaseInput => ({
  shape: [values.length],
  dtype,
  values,
});

/** Elementwise application of a function of numbers to arrays of one size, or of one element. */
export const each =
  (f: Scalar): Expected =>
  (...arrays: readonly NDArray[]) => {
    const size = Math.max(...arrays.map((a) => a.data.length));
    const value = (a: NDArray, i: number): number => Number(a.data[a.data.length === 1 ? 0 : i]);
    return [Array.from({ length: size }, (_, i) => f(...arrays.map((a) => value(a, i))))];
  };

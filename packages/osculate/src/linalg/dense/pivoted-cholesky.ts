import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireSquare } from '../matrix.js';
import { type CholeskyFailure, nonFiniteFailure } from './cholesky.js';

export interface PivotedCholeskyOptions extends KernelOptions {
  /** Relative to the largest diagonal element: what is left below it counts as zero. Default n 2⁻⁵². */
  readonly tolerance?: number;
}

export type PivotedCholeskyResult =
  | {
      readonly status: 'ok';
      /** L, n x rank, lower trapezoidal. */
      readonly factor: Matrix;
      readonly rank: number;
      /** Row i of P A Pᵀ is row permutation[i] of A. */
      readonly permutation: Int32Array;
      /** The trace of A − Pᵀ L Lᵀ P, which bounds its 2-norm. */
      readonly remainder: number;
    }
  | CholeskyFailure;

/** Exchanges rows and columns i < j of the lower triangle at a. */
function exchange(h: Float64Array, n: number, a: number, i: number, j: number): void {
  const swap = (x: number, y: number) => {
    const value = h[x]!;
    h[x] = h[y]!;
    h[y] = value;
  };
  for (let l = 0; l < i; l++) swap(a + i * n + l, a + j * n + l);
  for (let l = i + 1; l < j; l++) swap(a + l * n + i, a + j * n + l);
  for (let l = j + 1; l < n; l++) swap(a + l * n + i, a + l * n + j);
}

/**
 * P A Pᵀ = L Lᵀ + (a remainder of negligible trace) for a positive semidefinite A, of which the lower triangle is read: the largest
 * remaining diagonal element is the next pivot, so the number of pivots is the numerical rank (Higham 1990; LAPACK's dpstrf). n rank²
 * operations. 'indefinite' when a remaining diagonal element is clearly negative.
 * @throws ShapeError unless A is square.
 * @example
 * const result = pivotedCholesky(matrixFromRows([[1, 1], [1, 1]]));
 * result.status === 'ok' && result.rank; // 1
 */
export function pivotedCholesky(source: Matrix, options: PivotedCholeskyOptions = {}): PivotedCholeskyResult {
  const n = requireSquare('pivotedCholesky', source);
  const failure = nonFiniteFailure(source);
  if (failure) return failure;
  const k = kernelsFor(options);
  const permutation = Int32Array.from({ length: n }, (_, i) => i);
  const rest = Float64Array.from({ length: n }, (_, i) => source.data[i * (n + 1)]!);
  const { tolerance = n * 2 ** -52 } = options;
  const threshold = tolerance * rest.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return withMemory(k, n * n + n, (a) => {
    const h = k.heap;
    const column = a + n * n;
    h.set(source.data, a);
    let rank = 0;
    for (; rank < n; rank++) {
      let pivot = rank;
      for (let i = rank + 1; i < n; i++) if (rest[i]! > rest[pivot]!) pivot = i;
      if (!(rest[pivot]! > threshold)) break;
      if (pivot !== rank) {
        exchange(h, n, a, rank, pivot);
        [rest[rank], rest[pivot]] = [rest[pivot]!, rest[rank]!];
        [permutation[rank], permutation[pivot]] = [permutation[pivot]!, permutation[rank]!];
      }
      const root = Math.sqrt(rest[rank]!);
      const row = a + rank * n;
      const below = n - rank - 1;
      for (let i = 0; i < below; i++) h[column + i] = h[row + (i + 1) * n + rank]!;
      k.gemv(below, rank, -1, row + n, n, row, column);
      h[row + rank] = root;
      for (let i = 0; i < below; i++) {
        const value = h[column + i]! / root;
        h[row + (i + 1) * n + rank] = value;
        rest[rank + 1 + i] = rest[rank + 1 + i]! - value * value;
      }
    }
    for (let i = rank; i < n; i++) {
      if (rest[i]! < -threshold) return { status: 'indefinite', pivot: permutation[i]!, value: rest[i]! };
    }
    const factor = matrix(n, rank);
    for (let i = 0; i < n; i++) {
      const length = Math.min(i + 1, rank);
      factor.data.set(h.subarray(a + i * n, a + i * n + length), i * rank);
    }
    const remainder = rest.subarray(rank).reduce((sum, value) => sum + Math.max(0, value), 0);
    return { status: 'ok', factor, rank, permutation, remainder };
  });
}

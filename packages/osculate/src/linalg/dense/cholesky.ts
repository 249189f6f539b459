import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { findNonFinite, type Matrix, matrix, requireSquare } from '../matrix.js';
import { type IntoOptions, takeMatrix } from './result.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';
import { solveRightLowerTransposedAt, solveTriangularAt, splitOrder } from './triangular.js';

/** Order below which a block is factored without further splitting. */
const BLOCK = 32;

/** Why a factorisation found no factor. */
export type CholeskyFailure =
  /** The matrix is not positive definite to working precision: eliminating `pivot` rows left `value` ≤ 0 on the diagonal. */
  | { readonly status: 'indefinite'; readonly pivot: number; readonly value: number }
  /** The element at (row, column) is NaN or infinite. */
  | { readonly status: 'nonFinite'; readonly row: number; readonly column: number };

export type CholeskyResult = { readonly status: 'ok'; readonly factor: Matrix } | CholeskyFailure;

/** L in the lower triangle of A, in place; what is above the diagonal is overwritten. −1, or the index of the failed pivot. */
function choleskyAt(k: Kernels, n: number, a: number, lda: number): number {
  if (n <= BLOCK) return k.choleskyBlock(n, a, lda);
  const n1 = splitOrder(n);
  const n2 = n - n1;
  const failed = choleskyAt(k, n1, a, lda);
  if (failed >= 0) return failed;
  const below = a + n1 * lda;
  solveRightLowerTransposedAt(k, n2, n1, a, lda, below, lda);
  k.gemm(false, true, n2, n2, n1, -1, below, lda, below, lda, below + n1, lda, true);
  const pivot = choleskyAt(k, n2, below + n1, lda);
  return pivot < 0 ? -1 : n1 + pivot;
}

/** The failure that a non-finite element is, if there is one. */
export function nonFiniteFailure({ data, columns }: Matrix): CholeskyFailure | undefined {
  const at = findNonFinite(data);
  return at < 0 ? undefined : { status: 'nonFinite', row: Math.floor(at / columns), column: at % columns };
}

/**
 * A = L Lᵀ, L lower triangular with a positive diagonal, for a symmetric positive definite A, of which the lower triangle is read. Recursive
 * (Gustavson 1997), n³/3 operations.
 * @throws ShapeError unless A is square; a matrix that has no factor is a result.
 * @example
 * const result = cholesky(matrixFromRows([[4, 2], [2, 5]]));
 * const x = result.status === 'ok' ? choleskySolve(result.factor, Float64Array.of(8, 12)) : null;
 * x; // [1, 2]
 */
export function cholesky(a: Matrix, options: KernelOptions & IntoOptions = {}): CholeskyResult {
  const n = requireSquare('cholesky', a);
  const failure = nonFiniteFailure(a);
  if (failure) return failure;
  const k = kernelsFor(options);
  return withMemory(k, n * n, (at) => {
    k.heap.set(a.data, at);
    const pivot = choleskyAt(k, n, at, n);
    if (pivot >= 0) return { status: 'indefinite', pivot, value: k.heap[at + pivot * (n + 1)]! };
    for (let i = 0; i < n; i++) k.heap.fill(0, at + i * n + i + 1, at + (i + 1) * n);
    return { status: 'ok', factor: takeMatrix(k, at, n, n, options.into) };
  });
}

/** Solves L Lᵀ X = B with a factor from `cholesky`, in 2 n² operations a right-hand side. */
export function choleskySolve<B extends RightHandSide>(factor: Matrix, b: B, options: KernelOptions = {}): B {
  const n = requireSquare('choleskySolve', factor);
  const { data, columns } = asColumns('choleskySolve', n, b);
  const k = kernelsFor(options);
  return withMemory(k, n * n + data.length, (at) => {
    const right = at + n * n;
    k.heap.set(factor.data, at);
    k.heap.set(data, right);
    const l = { at, ld: n, unit: false };
    solveTriangularAt(k, n, { ...l, transposed: false, upper: false }, columns, right, columns);
    solveTriangularAt(k, n, { ...l, transposed: true, upper: true }, columns, right, columns);
    return likeRightHandSide(b, matrix(n, columns, k.heap.slice(right, right + data.length)));
  });
}

import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, requireSquare } from '../matrix.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';

/** Order below which a diagonal block goes to the unblocked kernel. */
const BLOCK = 32;

/** Half of n, a multiple of 16 so that tiles stay whole. */
export function splitOrder(n: number): number {
  return Math.max(16, Math.floor(n / 32) * 16);
}

/** A triangular operand op(T) in the kernels' memory. */
export interface TriangularAt {
  readonly at: number;
  readonly ld: number;
  readonly transposed: boolean;
  readonly unit: boolean;
  /** Whether op(T) is upper triangular. */
  readonly upper: boolean;
}

/**
 * Solves op(T) X = B in place, B n x columns: halves T recursively, so that nearly all of the n² columns operations are products
 * (Elmroth, Gustavson, Jonsson and Kågström 2004).
 */
export function solveTriangularAt(
  k: Kernels,
  n: number,
  t: TriangularAt,
  columns: number,
  b: number,
  ldb: number,
): void {
  const { at, ld, transposed, unit, upper } = t;
  if (n <= BLOCK) {
    k.solveLeft(n, columns, at, transposed ? 1 : ld, transposed ? ld : 1, unit, upper, b, ldb);
    return;
  }
  const n1 = splitOrder(n);
  const n2 = n - n1;
  const second = { ...t, at: at + n1 * (ld + 1) };
  const below = b + n1 * ldb;
  if (upper) {
    solveTriangularAt(k, n2, second, columns, below, ldb);
    const corner = at + n1 * (transposed ? ld : 1);
    k.gemm(transposed, false, n1, columns, n2, -1, corner, ld, below, ldb, b, ldb, false);
    solveTriangularAt(k, n1, t, columns, b, ldb);
  } else {
    solveTriangularAt(k, n1, t, columns, b, ldb);
    const corner = at + n1 * (transposed ? 1 : ld);
    k.gemm(transposed, false, n2, columns, n1, -1, corner, ld, b, ldb, below, ldb, false);
    solveTriangularAt(k, n2, second, columns, below, ldb);
  }
}

/** Solves X Lᵀ = B in place, B m x n, L n x n lower triangular. */
export function solveRightLowerTransposedAt(
  k: Kernels,
  m: number,
  n: number,
  l: number,
  ldl: number,
  b: number,
  ldb: number,
): void {
  if (n <= BLOCK) {
    k.solveRightLowerTransposed(m, n, l, ldl, b, ldb);
    return;
  }
  const n1 = splitOrder(n);
  solveRightLowerTransposedAt(k, m, n1, l, ldl, b, ldb);
  k.gemm(false, true, m, n - n1, n1, -1, b, ldb, l + n1 * ldl, ldl, b + n1, ldb, false);
  solveRightLowerTransposedAt(k, m, n - n1, l + n1 * (ldl + 1), ldl, b + n1, ldb);
}

export interface TriangularOptions extends KernelOptions {
  /** Which triangle of T is read; the other may hold anything finite. Default 'lower'. */
  readonly triangle?: 'lower' | 'upper';
  /** Solve with Tᵀ. */
  readonly transpose?: boolean;
  /** Take the diagonal as ones, whatever it holds. */
  readonly unitDiagonal?: boolean;
}

export type TriangularSolution<B extends RightHandSide> =
  | { readonly status: 'ok'; readonly solution: B }
  /** T has a zero on its diagonal at `pivot`. */
  | { readonly status: 'singular'; readonly pivot: number };

/**
 * Solves op(T) X = B for any number of right-hand sides in n² operations each.
 * @throws InputError when T or B is not finite.
 * @example
 * const result = solveTriangular(matrixFromRows([[2, 0], [1, 1]]), Float64Array.of(2, 3));
 * result.status === 'ok' && result.solution; // [1, 2]
 */
export function solveTriangular<B extends RightHandSide>(
  t: Matrix,
  b: B,
  options: TriangularOptions = {},
): TriangularSolution<B> {
  const n = requireSquare('solveTriangular', t);
  const { data, columns } = asColumns('solveTriangular', n, b);
  requireFinite('solveTriangular', t);
  requireFinite('solveTriangular, right-hand side', { rows: n, columns, data });
  const { triangle = 'lower', transpose = false, unitDiagonal = false } = options;
  for (let i = 0; i < n && !unitDiagonal; i++) if (t.data[i * n + i] === 0) return { status: 'singular', pivot: i };
  const k = kernelsFor(options);
  return withMemory(k, n * n + data.length, (at) => {
    const right = at + n * n;
    k.heap.set(t.data, at);
    k.heap.set(data, right);
    const upper = (triangle === 'upper') !== transpose;
    solveTriangularAt(k, n, { at, ld: n, transposed: transpose, unit: unitDiagonal, upper }, columns, right, columns);
    const solution = matrix(n, columns, k.heap.slice(right, right + data.length));
    return { status: 'ok', solution: likeRightHandSide(b, solution) };
  });
}

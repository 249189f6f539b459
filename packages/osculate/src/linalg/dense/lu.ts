import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, requireSquare } from '../matrix.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';
import { solveTriangularAt } from './triangular.js';

/** Columns that are eliminated one by one before the rest is updated by a product. */
const BLOCK = 16;

/** P A = L U with L unit lower triangular: both in `factors`, and `permutation[i]` the row of A that comes i-th. */
export interface LuFactors {
  /** L below the diagonal (its own is 1), U on and above it. */
  readonly factors: Matrix;
  /** Row i of P A is row permutation[i] of A. */
  readonly permutation: Int32Array;
  /** The sign of the permutation. */
  readonly sign: 1 | -1;
  /** The first zero pivot, undefined when A is invertible to working precision. */
  readonly singularAt: number | undefined;
}

/** Eliminates columns j0 … j0 + count − 1 of the rows from j0 on, exchanging whole rows; returns the number of exchanges. */
function eliminatePanel(k: Kernels, n: number, a: number, j0: number, count: number, permutation: Int32Array): number {
  const h = k.heap;
  let exchanges = 0;
  for (let j = j0; j < j0 + count; j++) {
    let pivot = j;
    for (let i = j + 1; i < n; i++) if (Math.abs(h[a + i * n + j]!) > Math.abs(h[a + pivot * n + j]!)) pivot = i;
    if (pivot !== j) {
      h.copyWithin(a + n * n, a + j * n, a + (j + 1) * n);
      h.copyWithin(a + j * n, a + pivot * n, a + (pivot + 1) * n);
      h.copyWithin(a + pivot * n, a + n * n, a + n * (n + 1));
      [permutation[j], permutation[pivot]] = [permutation[pivot]!, permutation[j]!];
      exchanges++;
    }
    const head = h[a + j * n + j]!;
    if (head === 0) continue;
    for (let i = j + 1; i < n; i++) {
      const factor = h[a + i * n + j]! / head;
      h[a + i * n + j] = factor;
      if (factor !== 0) k.axpy(j0 + count - j - 1, -factor, a + j * n + j + 1, a + i * n + j + 1);
    }
  }
  return exchanges;
}

/**
 * Gaussian elimination with partial pivoting, blocked (Golub and Van Loan, section 3.4; LAPACK's dgetrf): 2 n³/3 operations. A zero pivot is
 * reported in the result.
 * @throws InputError when A is not finite.
 * @example
 * const factors = lu(matrixFromRows([[0, 2], [1, 1]]));
 * luSolve(factors, Float64Array.of(4, 3)); // [1, 2]
 */
export function lu(a: Matrix, options: KernelOptions = {}): LuFactors {
  const n = requireSquare('lu', a);
  requireFinite('lu', a);
  const k = kernelsFor(options);
  const permutation = Int32Array.from({ length: n }, (_, i) => i);
  return withMemory(k, n * n + n, (at) => {
    k.heap.set(a.data, at);
    let exchanges = 0;
    for (let j = 0; j < n; j += BLOCK) {
      const count = Math.min(BLOCK, n - j);
      exchanges += eliminatePanel(k, n, at, j, count, permutation);
      const rest = n - j - count;
      if (rest === 0) continue;
      const corner = at + j * (n + 1);
      const below = corner + count * n;
      const l = { at: corner, ld: n, transposed: false, unit: true, upper: false };
      solveTriangularAt(k, count, l, rest, corner + count, n);
      k.gemm(false, false, rest, rest, count, -1, below, n, corner + count, n, below + count, n, false);
    }
    const factors = matrix(n, n, k.heap.slice(at, at + n * n));
    let singularAt: number | undefined;
    for (let i = n - 1; i >= 0; i--) if (factors.data[i * (n + 1)] === 0) singularAt = i;
    return { factors, permutation, sign: exchanges % 2 === 0 ? 1 : -1, singularAt };
  });
}

/** Solves A X = B, or Aᵀ X = B, with factors of an invertible A; infinities where `singularAt` is set. */
export function luSolve<B extends RightHandSide>(
  { factors, permutation }: LuFactors,
  b: B,
  options: KernelOptions & { readonly transpose?: boolean } = {},
): B {
  const n = factors.rows;
  const { data, columns } = asColumns('luSolve', n, b);
  const { transpose = false } = options;
  const k = kernelsFor(options);
  return withMemory(k, n * n + data.length, (at) => {
    const right = at + n * n;
    k.heap.set(factors.data, at);
    permutation.forEach((row, i) => {
      const source = transpose ? i : row;
      k.heap.set(data.subarray(source * columns, (source + 1) * columns), right + i * columns);
    });
    const t = { at, ld: n, transposed: transpose };
    const l = { ...t, unit: true, upper: transpose };
    const u = { ...t, unit: false, upper: !transpose };
    for (const factor of transpose ? [u, l] : [l, u]) solveTriangularAt(k, n, factor, columns, right, columns);
    const solution = matrix(n, columns);
    permutation.forEach((row, i) => {
      const target = transpose ? row : i;
      const from = right + i * columns;
      solution.data.set(k.heap.subarray(from, from + columns), target * columns);
    });
    return likeRightHandSide(b, solution);
  });
}

import type { Kernels } from '../../kernels/kernels.js';
import { type Deflation, deflate, LEFT, type RankOneUpdate, RIGHT } from './deflation.js';
import { implicitQl } from './implicit-ql.js';
import { secularRoot } from './secular-equation.js';
import { sortRows } from './sort-rows.js';

/** Order below which QL solves the problem whole. */
const SMALL = 32;

/** A symmetric tridiagonal problem in the kernels' memory: diagonal d, couplings e, eigenvectors one a row at stride ld. */
interface Problem {
  readonly k: Kernels;
  readonly d: number;
  readonly e: number;
  readonly rows: number;
  readonly ld: number;
  /** 3 n² doubles. */
  readonly work: number;
}

/**
 * Eigenvalues, ascending in place of d, and eigenvectors, one a row of n at `rows`, of a symmetric tridiagonal matrix scaled to
 * about 1; e is destroyed. Cuppen's (1981) divide and conquer with Gu and Eisenstat's (1995) stable eigenvectors: at most 4 n³/3
 * operations, nearly all in products. `work` is 3 n² doubles. False if a QL subproblem did not converge.
 */
export function divideAndConquer(k: Kernels, n: number, d: number, e: number, rows: number, work: number): boolean {
  k.heap.fill(0, rows, rows + n * n);
  return solve({ k, d, e, rows, ld: n, work }, 0, n);
}

function solve(problem: Problem, low: number, n: number): boolean {
  const { k, d, e, rows, ld } = problem;
  const corner = rows + low * (ld + 1);
  const h = k.heap;
  if (n <= SMALL) {
    for (let i = 0; i < n; i++) h[corner + i * (ld + 1)] = 1;
    if (!implicitQl(k, n, d + low, e + low, corner, n, ld)) return false;
    sortRows(h, n, d + low, corner, ld);
    return true;
  }
  const n1 = n >> 1;
  const coupling = h[e + low + n1 - 1]!;
  const middle = d + low + n1;
  h[middle - 1] = h[middle - 1]! - Math.abs(coupling);
  h[middle] = h[middle]! - Math.abs(coupling);
  if (!solve(problem, low, n1) || !solve(problem, low + n1, n - n1)) return false;
  merge(problem, low, n1, n, coupling);
  return true;
}

/** Joins the two halves: the matrix is their direct sum plus |coupling| u uᵀ, u = (…, 0, 1, ±1, 0, …). */
function merge({ k, d, rows, ld, work }: Problem, low: number, n1: number, n: number, coupling: number): void {
  const h = k.heap;
  const corner = rows + low * (ld + 1);
  const update: RankOneUpdate = {
    n,
    d: h.slice(d + low, d + low + n),
    z: new Float64Array(n),
    rho: 2 * Math.abs(coupling),
    rows: corner,
    ld,
    half: new Uint8Array(n).fill(LEFT, 0, n1).fill(RIGHT, n1),
  };
  for (let i = 0; i < n; i++) {
    const last = h[corner + i * ld + (i < n1 ? n1 - 1 : n1)]!;
    update.z[i] = (i < n1 || coupling > 0 ? last : -last) * Math.SQRT1_2;
  }
  const deflation = deflate(k, update);
  const { kept, final } = deflation;
  const values = new Float64Array(n);
  const product = work + 2 * n * n;
  solveKept(k, update, deflation, n1, values, work, product);
  final.forEach((i, at) => {
    values[kept.length + at] = update.d[i]!;
    h.copyWithin(product + (kept.length + at) * n, corner + i * ld, corner + i * ld + n);
  });
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  order.forEach((from, i) => {
    h[d + low + i] = values[from]!;
    h.copyWithin(corner + i * ld, product + from * n, product + (from + 1) * n);
  });
}

/** The eigenvalues of the kept pairs into values[0 …], their eigenvectors into the first rows of `product`. */
function solveKept(
  k: Kernels,
  { n, d, z, rho, rows, ld, half }: RankOneUpdate,
  { kept }: Deflation,
  n1: number,
  values: Float64Array,
  work: number,
  product: number,
): void {
  const h = k.heap;
  const count = kept.length;
  if (count === 0) return;
  const poles = Float64Array.from(kept, (i) => d[i]!);
  const weights = Float64Array.from(kept, (i) => z[i]!);
  const equation = { count, d: poles, z: weights, rho };
  // Row j of the work matrix holds the gaps d − λ_j first, then eigenvector j, its elements grouped by half.
  for (let j = 0; j < count; j++) {
    values[j] = secularRoot(equation, j, h.subarray(work + j * count, work + (j + 1) * count));
  }
  const exact = exactWeights(h, count, poles, weights, work);
  const grouped = kept.map((_, i) => i).sort((i, j) => half[kept[i]!]! - half[kept[j]!]! || i - j);
  formVectors(h, count, exact, grouped, work);
  const left = grouped.filter((i) => half[kept[i]!] !== RIGHT).length;
  const right = grouped.findIndex((i) => half[kept[i]!] !== LEFT);
  const first = right < 0 ? count : right;
  const n2 = n - n1;
  const old = work + n * n;
  const oldRight = old + left * n1;
  grouped.forEach((i, at) => {
    const row = rows + kept[i]! * ld;
    if (at < left) h.copyWithin(old + at * n1, row, row + n1);
    if (at >= first) h.copyWithin(oldRight + (at - first) * n2, row + n1, row + n);
  });
  h.fill(0, product, product + count * n);
  k.gemm(false, false, count, n1, left, 1, work, count, old, n1, product, n, false);
  k.gemm(false, false, count, n2, count - first, 1, work + first, count, oldRight, n2, product + n1, n, false);
}

/**
 * The z for which the computed roots are exact (Löwner's formula): eigenvectors formed from it are orthogonal to working precision
 * however close the roots lie (Gu and Eisenstat 1995).
 */
function exactWeights(h: Float64Array, count: number, d: Float64Array, z: Float64Array, gaps: number): Float64Array {
  const squares = new Float64Array(count).fill(1);
  for (let j = 0; j < count; j++) {
    const row = gaps + j * count;
    const pole = d[j]!;
    for (let i = 0; i < j; i++) squares[i] = squares[i]! * (h[row + i]! / (d[i]! - pole));
    squares[j] = squares[j]! * h[row + j]!;
    for (let i = j + 1; i < count; i++) squares[i] = squares[i]! * (h[row + i]! / (d[i]! - pole));
  }
  return squares.map((square, i) => (z[i]! < 0 ? -1 : 1) * Math.sqrt(Math.abs(square)));
}

/** Replaces each row of gaps by the unit vector of elements zᵢ / gapᵢ, in the given order of i. */
function formVectors(h: Float64Array, count: number, z: Float64Array, order: readonly number[], rows: number): void {
  const vector = new Float64Array(count);
  for (let row = rows; row < rows + count * count; row += count) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const element = z[i]! / h[row + i]!;
      vector[i] = element;
      sum += element * element;
    }
    const norm = Math.sqrt(sum);
    for (let i = 0; i < count; i++) h[row + i] = vector[order[i]!]! / norm;
  }
}

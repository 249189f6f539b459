import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, requireSquare } from '../matrix.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';
import { solveTriangularAt } from './triangular.js';

/** How many eigenvalues have each sign: those of D, hence of A (Sylvester's law of inertia). */
export interface Inertia {
  readonly positive: number;
  readonly negative: number;
  readonly zero: number;
}

/** P A Pᵀ = L D Lᵀ with D block diagonal, blocks of 1 and 2. */
export interface LdlFactors {
  /** Unit lower triangular, elements below 2.8 in magnitude. */
  readonly factor: Matrix;
  /** The diagonal of D. */
  readonly diagonal: Float64Array;
  /** subdiagonal[i] = D[i+1, i], not zero where rows i and i + 1 form one block. */
  readonly subdiagonal: Float64Array;
  /** Row i of P A Pᵀ is row permutation[i] of A. */
  readonly permutation: Int32Array;
  /** How many eigenvalues of A have each sign. */
  readonly inertia: Inertia;
}

/** Balances the growth that a 1 x 1 and a 2 x 2 pivot allow (Bunch and Kaufman 1977). */
const ALPHA = (1 + Math.sqrt(17)) / 8;

/** A lower triangle being factored, row-major, of order n. */
interface Triangle {
  readonly h: Float64Array;
  readonly n: number;
  readonly a: number;
}

/** Element (i, j) of the symmetric matrix of which the lower triangle is kept. */
function element({ h, n, a }: Triangle, i: number, j: number): number {
  return i >= j ? h[a + i * n + j]! : h[a + j * n + i]!;
}

/** The off-diagonal element of row i of the trailing matrix from `start` that is largest in magnitude. */
function largestInRow(t: Triangle, i: number, start: number): { at: number; magnitude: number } {
  let at = -1;
  let magnitude = 0;
  for (let j = start; j < t.n; j++) {
    if (j === i) continue;
    const value = Math.abs(element(t, i, j));
    if (value > magnitude) {
      at = j;
      magnitude = value;
    }
  }
  return { at, magnitude };
}

/** The pivot for step `start`: one row, or two that form a 2 x 2 block; undefined for a zero column. */
function choosePivot(t: Triangle, start: number): readonly [number] | readonly [number, number] | undefined {
  let row = start;
  let largest = largestInRow(t, start, start);
  const head = Math.abs(element(t, start, start));
  if (Math.max(head, largest.magnitude) === 0) return undefined;
  if (head >= ALPHA * largest.magnitude) return [start];
  // Rook search: from a column's largest element to its row's largest and so on, always growing, hence finite.
  for (;;) {
    const next = largest.at;
    const itsLargest = largestInRow(t, next, start);
    if (Math.abs(element(t, next, next)) >= ALPHA * itsLargest.magnitude) return [next];
    if (itsLargest.at === row || itsLargest.magnitude <= largest.magnitude) return [row, next];
    row = next;
    largest = itsLargest;
  }
}

/** Exchanges rows and columns i and j of the matrix, and the rows of L to their left. */
function exchange({ h, n, a }: Triangle, permutation: Int32Array, i: number, j: number): void {
  if (i === j) return;
  if (i > j) [i, j] = [j, i];
  const swap = (x: number, y: number) => {
    const value = h[x]!;
    h[x] = h[y]!;
    h[y] = value;
  };
  for (let l = 0; l < i; l++) swap(a + i * n + l, a + j * n + l);
  for (let l = i + 1; l < j; l++) swap(a + l * n + i, a + j * n + l);
  for (let l = j + 1; l < n; l++) swap(a + l * n + i, a + l * n + j);
  swap(a + i * (n + 1), a + j * (n + 1));
  const value = permutation[i]!;
  permutation[i] = permutation[j]!;
  permutation[j] = value;
}

/** Eliminates column j with its diagonal element as pivot; `column` is scratch of n doubles. */
function eliminateOne(k: Kernels, { h, n, a }: Triangle, j: number, column: number): void {
  const pivot = h[a + j * (n + 1)]!;
  for (let i = j + 1; i < n; i++) h[column + i] = h[a + i * n + j]!;
  for (let i = j + 1; i < n; i++) {
    const factor = h[column + i]! / pivot;
    k.axpy(i - j, -factor, column + j + 1, a + i * n + j + 1);
    h[a + i * n + j] = factor;
  }
}

/** Eliminates columns j and j + 1 with their 2 x 2 block as pivot; returns the block's off-diagonal element. */
function eliminateTwo(k: Kernels, { h, n, a }: Triangle, j: number, column: number): number {
  const second = column + n;
  const coupling = h[a + (j + 1) * n + j]!;
  const upper = h[a + j * (n + 1)]! / coupling;
  const lower = h[a + (j + 1) * (n + 1)]! / coupling;
  const scale = 1 / (upper * lower - 1);
  for (let i = j + 2; i < n; i++) {
    h[column + i] = h[a + i * n + j]!;
    h[second + i] = h[a + i * n + j + 1]!;
  }
  for (let i = j + 2; i < n; i++) {
    const x = h[column + i]! / coupling;
    const y = h[second + i]! / coupling;
    const first = scale * (lower * x - y);
    const other = scale * (upper * y - x);
    k.axpy(i - j - 1, -first, column + j + 2, a + i * n + j + 2);
    k.axpy(i - j - 1, -other, second + j + 2, a + i * n + j + 2);
    h[a + i * n + j] = first;
    h[a + i * n + j + 1] = other;
  }
  h[a + (j + 1) * n + j] = 0;
  return coupling;
}

/** The signs of the eigenvalues of D; a block of two has one of each. */
function inertiaOf(diagonal: Float64Array, subdiagonal: Float64Array): Inertia {
  let positive = 0;
  let negative = 0;
  for (let i = 0; i < diagonal.length; i++) {
    if (subdiagonal[i] !== 0) {
      positive++;
      negative++;
      i++;
    } else if (diagonal[i]! > 0) positive++;
    else if (diagonal[i]! < 0) negative++;
  }
  return { positive, negative, zero: diagonal.length - positive - negative };
}

/**
 * P A Pᵀ = L D Lᵀ for any symmetric A, of which the lower triangle is read, with bounded Bunch-Kaufman ("rook") pivoting (Ashcraft, Grimes
 * and Lewis 1998; LAPACK's dsytf2_rook): n³/3 operations. Singular matrices have factors too; their D has zeros.
 * @throws ShapeError unless A is square, InputError unless it is finite.
 * @example
 * const factors = ldlt(matrixFromRows([[1, 2], [2, 1]]));
 * const { positive, negative } = factors.inertia;
 * [positive, negative]; // [1, 1]
 * const result = ldltSolve(factors, Float64Array.of(3, 3));
 * result.status === 'ok' && result.solution; // [1.000, 1.000]
 */
export function ldlt(source: Matrix, options: KernelOptions = {}): LdlFactors {
  const n = requireSquare('ldlt', source);
  requireFinite('ldlt', source);
  const k = kernelsFor(options);
  const permutation = Int32Array.from({ length: n }, (_, i) => i);
  const diagonal = new Float64Array(n);
  const subdiagonal = new Float64Array(n);
  return withMemory(k, n * n + 2 * n, (a) => {
    const h = k.heap;
    const t = { h, n, a };
    h.set(source.data, a);
    for (let j = 0; j < n; j++) {
      const pivot = choosePivot(t, j);
      if (pivot === undefined) continue;
      exchange(t, permutation, j, pivot[0]);
      if (pivot[1] === undefined) {
        diagonal[j] = h[a + j * (n + 1)]!;
        eliminateOne(k, t, j, a + n * n);
      } else {
        exchange(t, permutation, j + 1, pivot[1] === j ? pivot[0] : pivot[1]);
        diagonal[j] = h[a + j * (n + 1)]!;
        diagonal[j + 1] = h[a + (j + 1) * (n + 1)]!;
        subdiagonal[j] = eliminateTwo(k, t, j, a + n * n);
        j++;
      }
    }
    const factor = matrix(n, n);
    for (let i = 0; i < n; i++) {
      factor.data.set(h.subarray(a + i * n, a + i * n + i), i * n);
      factor.data[i * (n + 1)] = 1;
    }
    return { factor, diagonal, subdiagonal, permutation, inertia: inertiaOf(diagonal, subdiagonal) };
  });
}

/** D X = B in place for B of `columns` columns at b. */
function solveDiagonal(h: Float64Array, { diagonal, subdiagonal }: LdlFactors, columns: number, b: number): void {
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = subdiagonal[i]!;
    const row = b + i * columns;
    if (coupling === 0) {
      for (let j = row; j < row + columns; j++) h[j] = h[j]! / diagonal[i]!;
      continue;
    }
    const upper = diagonal[i]! / coupling;
    const lower = diagonal[i + 1]! / coupling;
    const scale = 1 / (upper * lower - 1);
    for (let j = row; j < row + columns; j++) {
      const x = h[j]! / coupling;
      const y = h[j + columns]! / coupling;
      h[j] = scale * (lower * x - y);
      h[j + columns] = scale * (upper * y - x);
    }
    i++;
  }
}

export type LdlSolution<B extends RightHandSide> =
  | { readonly status: 'ok'; readonly solution: B }
  | { readonly status: 'singular' };

/** Solves A X = B with factors from `ldlt`, in 2 n² operations a right-hand side. */
export function ldltSolve<B extends RightHandSide>(
  factors: LdlFactors,
  b: B,
  options: KernelOptions = {},
): LdlSolution<B> {
  const n = factors.diagonal.length;
  const { data, columns } = asColumns('ldltSolve', n, b);
  if (factors.inertia.zero > 0) return { status: 'singular' };
  const k = kernelsFor(options);
  return withMemory(k, n * n + data.length, (at) => {
    const right = at + n * n;
    k.heap.set(factors.factor.data, at);
    factors.permutation.forEach((row, i) => {
      k.heap.set(data.subarray(row * columns, (row + 1) * columns), right + i * columns);
    });
    const l = { at, ld: n, unit: true };
    solveTriangularAt(k, n, { ...l, transposed: false, upper: false }, columns, right, columns);
    solveDiagonal(k.heap, factors, columns, right);
    solveTriangularAt(k, n, { ...l, transposed: true, upper: true }, columns, right, columns);
    const solution = matrix(n, columns);
    factors.permutation.forEach((row, i) => {
      const from = right + i * columns;
      solution.data.set(k.heap.subarray(from, from + columns), row * columns);
    });
    return { status: 'ok', solution: likeRightHandSide(b, solution) };
  });
}

import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite } from '../matrix.js';
import { normAt, reflectAt } from './householder.js';
import type { QrFactors } from './qr.js';
import { powerOfTwoScale } from './scaling.js';
import { transposeAt } from './transpose.js';

export interface PivotedQr extends QrFactors {
  /** Column j of A P is column permutation[j] of A. */
  readonly permutation: Int32Array;
  /** How many leading diagonal elements of R exceed tolerance |r₀₀|. */
  readonly rank: number;
}

export interface PivotedQrOptions extends KernelOptions {
  /** Relative to |r₀₀|; default max(m, n) 2⁻⁵². */
  readonly rankTolerance?: number;
}

/** Below this loss a downdated norm has no correct digit left and is formed again (Drmač and Bujanović 2008, LAPACK note 176). */
const LOSS = Math.sqrt(2 ** -52);

/** Swaps two rows of `length` doubles. */
function swapRows(h: Float64Array, length: number, x: number, y: number): void {
  if (x === y) return;
  for (let i = 0; i < length; i++) {
    const value = h[x + i]!;
    h[x + i] = h[y + i]!;
    h[y + i] = value;
  }
}

/** The norms of the columns' remaining parts: `current` as downdated, `exact` as last formed. */
interface Norms {
  readonly current: Float64Array;
  readonly exact: Float64Array;
}

function swapEntries(array: Float64Array | Int32Array, i: number, j: number): void {
  const value = array[i]!;
  array[i] = array[j]!;
  array[j] = value;
}

/** Takes the element just moved into R out of the norm of row l's remainder. */
function downdate(k: Kernels, norms: Norms, l: number, element: number, rest: number, at: number): void {
  const before = norms.current[l]!;
  if (before === 0) return;
  const share = Math.max(0, 1 - (element / before) ** 2);
  if (share * (before / norms.exact[l]!) ** 2 > LOSS) {
    norms.current[l] = before * Math.sqrt(share);
  } else {
    norms.current[l] = normAt(k, rest, at);
    norms.exact[l] = norms.current[l]!;
  }
}

/** Factors in place the transpose at `at`, n rows of m, so that columns of A are contiguous. */
function factorAt(k: Kernels, m: number, n: number, at: number, tau: Float64Array, permutation: Int32Array): void {
  const h = k.heap;
  const current = Float64Array.from({ length: n }, (_, j) => normAt(k, m, at + j * m));
  const norms = { current, exact: current.slice() };
  for (let j = 0; j < tau.length; j++) {
    let pivot = j;
    for (let l = j + 1; l < n; l++) if (current[l]! > current[pivot]!) pivot = l;
    swapRows(h, m, at + j * m, at + pivot * m);
    swapEntries(permutation, j, pivot);
    swapEntries(current, j, pivot);
    swapEntries(norms.exact, j, pivot);
    const row = at + j * (m + 1);
    const rest = m - j - 1;
    const factor = reflectAt(k, rest, row, row + 1);
    tau[j] = factor;
    const beta = h[row]!;
    h[row] = 1;
    for (let l = j + 1; l < n; l++) {
      const other = at + l * m + j;
      k.axpy(rest + 1, -factor * k.dot(rest + 1, row, other), row, other);
      downdate(k, norms, l, h[other]!, rest, other + 1);
    }
    h[row] = beta;
  }
}

/**
 * A P = Q R with |r₀₀| ≥ |r₁₁| ≥ …: at each step the remaining column of largest norm comes next (Businger and Golub 1965). The numerical
 * rank is read off R's diagonal. 4 m n min(m, n) operations at most.
 * @throws InputError when A is not finite.
 * @example
 * const factors = pivotedQr(matrixFromRows([[1, 2], [2, 4], [3, 6]]));
 * factors.rank; // 1
 */
export function pivotedQr(a: Matrix, options: PivotedQrOptions = {}): PivotedQr {
  requireFinite('pivotedQr', a);
  const { rows: m, columns: n } = a;
  const k = kernelsFor(options);
  const scale = powerOfTwoScale(a.data);
  const tau = new Float64Array(Math.min(m, n));
  const permutation = Int32Array.from({ length: n }, (_, j) => j);
  return withMemory(k, m * n, (at) => {
    const h = k.heap;
    transposeAt(a.data, m, n, 0, n, at, m, h);
    if (scale !== 1) for (let i = at; i < at + m * n; i++) h[i]! *= scale;
    factorAt(k, m, n, at, tau, permutation);
    const reflectors = matrix(m, n);
    transposeAt(h, n, m, at, m, 0, n, reflectors.data);
    for (let i = 0; i < tau.length; i++) for (let j = i; j < n; j++) reflectors.data[i * n + j]! /= scale;
    const { rankTolerance = Math.max(m, n) * 2 ** -52 } = options;
    return { reflectors, tau, permutation, rank: diagonalRank(reflectors, tau.length, rankTolerance) };
  });
}

/** How many leading diagonal elements exceed `tolerance` times the first. */
function diagonalRank({ data, columns }: Matrix, length: number, tolerance: number): number {
  const threshold = length === 0 ? 0 : tolerance * Math.abs(data[0]!);
  let rank = 0;
  while (rank < length && Math.abs(data[rank * (columns + 1)]!) > threshold) rank++;
  return rank;
}

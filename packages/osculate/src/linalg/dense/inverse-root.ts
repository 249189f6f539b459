import { InputError } from '../../tensor/errors.js';
import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireSquare } from '../matrix.js';
import { nonFiniteFailure } from './cholesky.js';
import { symmetricEigen } from './eigen/symmetric-eigen.js';
import { multiply } from './multiply.js';
import { infinityNorm } from './norms.js';

export interface InverseRootOptions extends KernelOptions {
  /** Added to every eigenvalue: the result is (A + ridge I)^(−1/p). Default 0. */
  readonly ridge?: number;
  /** 'eigen' (default): to full accuracy. 'newton': products only, the faster the better A is conditioned. */
  readonly method?: 'eigen' | 'newton';
  /** Of 'newton' only; default 100. */
  readonly maxIterations?: number;
  /** Of 'newton' only: stop when ‖X^p A − I‖∞ is below it; default (n + p) 2⁻⁵⁰: the p factors of a step round, too. */
  readonly tolerance?: number;
}

export type InverseRootResult =
  | {
      /** 'stalled': the iteration no longer improves; `residual` says how far it got. */
      readonly status: 'converged' | 'stalled';
      readonly root: Matrix;
      readonly iterations: number;
      /** ‖X^p (A + ridge I) − I‖∞ as the iteration tracks it; 0 for 'eigen', which has none. */
      readonly residual: number;
    }
  /** A + ridge I has the eigenvalue given, not positive to working precision. */
  | { readonly status: 'indefinite'; readonly eigenvalue: number }
  /** The iteration grew without bound, as it does for an indefinite matrix. */
  | { readonly status: 'diverged'; readonly iterations: number }
  | { readonly status: 'nonFinite'; readonly row: number; readonly column: number };

/** Q diag((λ + ridge)^(−1/p)) Qᵀ. */
function byEigen(a: Matrix, p: number, ridge: number, options: KernelOptions): InverseRootResult {
  const n = a.rows;
  const { values, vectors } = symmetricEigen(a, options);
  const least = (values[0] ?? 1) + ridge;
  const largest = Math.max(Math.abs(values[0] ?? 0), Math.abs(values[n - 1] ?? 0)) + ridge;
  if (!(least > n * 2 ** -53 * largest)) return { status: 'indefinite', eigenvalue: least };
  const powers = values.map((value) => (value + ridge) ** (-0.5 / p));
  const half = matrix(
    n,
    n,
    vectors.data.map((value, i) => value * powers[i % n]!),
  );
  const root = multiply(half, half, { ...options, transposeB: true });
  return { status: 'converged', root, iterations: 0, residual: 0 };
}

/** n x n products in the kernels' memory, each into a cleared target. */
function productAt(k: Kernels, n: number, a: number, b: number, out: number): void {
  k.heap.fill(0, out, out + n * n);
  k.gemm(false, false, n, n, n, 1, a, n, b, n, out, n, false);
}

/** out ← base^p by repeated squaring; returns where the result stands, one of `out`, `base` and `spare`. Destroys all three. */
function powerAt(k: Kernels, n: number, p: number, base: number, out: number, spare: number): number {
  let result = -1;
  for (let rest = p; ; ) {
    if (rest & 1) {
      if (result < 0) {
        k.heap.copyWithin(out, base, base + n * n);
        result = out;
      } else {
        productAt(k, n, result, base, spare);
        [result, spare] = [spare, result];
      }
    }
    rest >>= 1;
    if (rest === 0) return result;
    productAt(k, n, base, base, spare);
    [base, spare] = [spare, base];
  }
}

/** ‖M − I‖∞. */
function distanceFromIdentity(h: Float64Array, n: number, m: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.abs(h[m + i * n + j]! - (i === j ? 1 : 0));
    if (!(sum <= largest)) largest = sum;
  }
  return largest;
}

/**
 * The coupled iteration X ← X S, M ← S^p M with S = ((p + 1) I − M) / p, from X = z^(1/p) I and M = z A, z = min(p + 1, 5) / (2 ‖A‖):
 * M → I and X → A^(−1/p) (Iannazzo 2006; Guo and Higham 2006, with (p + 1) / 2 for every p). A step takes an eigenvalue m of M to
 * m ((p + 1 − m) / p)^p: from (p + 1) / 2 that is 0.38 for p = 4, but 10⁻⁸ for p = 32, which no later step makes good; from 5 / 2 it is 0.38
 * or more for all p.
 */
function byNewton(a: Matrix, p: number, ridge: number, options: InverseRootOptions): InverseRootResult {
  const n = a.rows;
  const { maxIterations = 100, tolerance = (n + p) * 2 ** -50 } = options;
  const k = kernelsFor(options);
  const norm = infinityNorm(a) + Math.abs(ridge);
  if (norm === 0) return n === 0 ? emptyRoot() : { status: 'indefinite', eigenvalue: 0 };
  const z = Math.min(p + 1, 5) / (2 * norm);
  return withMemory(k, 6 * n * n, (memory) => {
    const h = k.heap;
    const [x, m, s, out, spare, best] = [0, 1, 2, 3, 4, 5].map((i) => memory + i * n * n) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    h.fill(0, x, x + n * n);
    for (let i = 0; i < n * n; i++) h[m + i] = z * a.data[i]!;
    for (let i = 0; i < n; i++) {
      h[x + i * (n + 1)] = z ** (1 / p);
      h[m + i * (n + 1)] = h[m + i * (n + 1)]! + z * ridge;
    }
    let least = Infinity;
    let worse = 0;
    for (let iteration = 0; ; iteration++) {
      const residual = distanceFromIdentity(h, n, m);
      if (!Number.isFinite(residual) || residual > 1e12) return { status: 'diverged', iterations: iteration };
      if (residual < least) {
        least = residual;
        worse = 0;
        h.copyWithin(best, x, x + n * n);
      } else worse++;
      const done = least <= tolerance;
      // Far from the identity the distance may grow for a while; near it, it falls until rounding stops it.
      if (done || (worse === 2 && least < 0.5) || iteration === maxIterations) {
        const root = symmetrized(h, n, best);
        return { status: done ? 'converged' : 'stalled', root, iterations: iteration, residual: least };
      }
      for (let i = 0; i < n * n; i++) h[s + i] = -h[m + i]! / p;
      for (let i = 0; i < n; i++) h[s + i * (n + 1)] = h[s + i * (n + 1)]! + (p + 1) / p;
      productAt(k, n, x, s, out);
      h.copyWithin(x, out, out + n * n);
      const power = powerAt(k, n, p, s, out, spare);
      const free = power === out ? spare : out;
      productAt(k, n, power, m, free);
      h.copyWithin(m, free, free + n * n);
    }
  });
}

function emptyRoot(): InverseRootResult {
  return { status: 'converged', root: matrix(0, 0), iterations: 0, residual: 0 };
}

/** (M + Mᵀ) / 2, a copy. */
function symmetrized(h: Float64Array, n: number, m: number): Matrix {
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) result.data[i * n + j] = (h[m + i * n + j]! + h[m + j * n + i]!) / 2;
  }
  return result;
}

/**
 * (A + ridge I)^(−1/p) of a symmetric positive definite A, p a positive integer: the preconditioner of Shampoo (p = 4), of full-matrix
 * AdaGrad (p = 2), the inverse (p = 1). A matrix that has none is a result.
 * @throws ShapeError unless A is square, InputError for a bad p.
 * @example
 * const result = inverseRoot(matrixFromRows([[16, 0], [0, 81]]), 4);
 * const root = result.status === 'converged' ? result.root : null;
 * root; // [0.5000, 0, 0, 0.3333]
 */
export function inverseRoot(a: Matrix, p: number, options: InverseRootOptions = {}): InverseRootResult {
  requireSquare('inverseRoot', a);
  const { ridge = 0, method = 'eigen' } = options;
  if (!Number.isInteger(p) || p < 1) throw new InputError(`inverseRoot: p is ${p}; it must be a positive integer.`);
  if (!Number.isFinite(ridge)) throw new InputError(`inverseRoot: the ridge is ${ridge}; it must be finite.`);
  const failure = nonFiniteFailure(a);
  if (failure?.status === 'nonFinite') return failure;
  return method === 'newton' ? byNewton(a, p, ridge, options) : byEigen(a, p, ridge, options);
}

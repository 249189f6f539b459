import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, transposeMatrix } from '../matrix.js';
import { normAt } from './householder.js';
import { pivotedQr } from './pivoted-qr.js';
import { applyQ, orthogonalFactor, qr, upperFactor } from './qr.js';
import { powerOfTwoScale, unscale } from './scaling.js';

export interface SingularValueDecomposition {
  /** m x min(m, n), orthonormal columns. */
  readonly left: Matrix;
  /** Descending, ≥ 0. */
  readonly values: Float64Array;
  /** n x min(m, n), orthonormal columns. */
  readonly right: Matrix;
}

/** Singular values of a scaled matrix below this are taken as zero: their rows' squares would underflow. */
const NEGLIGIBLE = 1e-150;

/** Sweeps over all pairs at most; convergence is quadratic and after QR with pivoting rarely takes more than 6. */
const SWEEPS = 60;

/** n rows of n at x, their squared norms, and at v the rows that are rotated with them. */
interface Rows {
  readonly n: number;
  readonly x: number;
  readonly v: number;
  readonly squares: Float64Array;
}

/** One rotation that makes two rows orthogonal; false if they already are to working precision. */
function orthogonalize(k: Kernels, rows: Rows, i: number, j: number): boolean {
  const { n, squares } = rows;
  const [x, y] = [rows.x + i * n, rows.x + j * n];
  const [xx, yy] = [squares[i]!, squares[j]!];
  const xy = k.dot(n, x, y);
  if (Math.abs(xy) <= Math.sqrt(n) * 2 ** -52 * Math.sqrt(xx) * Math.sqrt(yy)) return false;
  const zeta = (yy - xx) / (2 * xy);
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const c = 1 / Math.hypot(1, t);
  k.rotate(n, x, y, c, -c * t);
  k.rotate(n, rows.v + i * n, rows.v + j * n, c, -c * t);
  // Formed again: an update by t xy would lose the digits of a row that the rotation shrinks.
  squares[i] = k.dot(n, x, x);
  squares[j] = k.dot(n, y, y);
  return true;
}

/** Rotates the n rows at x (and the rows at v alike) until all are orthogonal. */
function jacobiAt(k: Kernels, n: number, x: number, v: number): void {
  const squares = Float64Array.from({ length: n }, (_, i) => k.dot(n, x + i * n, x + i * n));
  const rows = { n, x, v, squares };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        if (orthogonalize(k, rows, i, j)) rotated = true;
      }
    }
    if (!rotated) return;
  }
}

/** R = V Σ Wᵀ of a square matrix, by rotations of its rows: V and W n x n (columns), values descending. */
function squareSvd(k: Kernels, r: Matrix) {
  const n = r.rows;
  return withMemory(k, 2 * n * n, (x) => {
    const v = x + n * n;
    k.heap.set(r.data, x);
    k.heap.fill(0, v, v + n * n);
    for (let i = 0; i < n; i++) k.heap[v + i * (n + 1)] = 1;
    jacobiAt(k, n, x, v);
    const h = k.heap;
    const norms = Float64Array.from({ length: n }, (_, i) => normAt(k, n, x + i * n));
    const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => norms[j]! - norms[i]!);
    const values = Float64Array.from(order, (row) => (norms[row]! < NEGLIGIBLE ? 0 : norms[row]!));
    const left = matrix(n, n);
    const right = matrix(n, n);
    order.forEach((row, j) => {
      for (let i = 0; i < n; i++) {
        left.data[i * n + j] = h[v + row * n + i]!;
        right.data[i * n + j] = values[j] === 0 ? 0 : h[x + row * n + i]! / values[j]!;
      }
    });
    return { left, values, right };
  });
}

/** Fills the columns that belong to zero singular values with an orthonormal basis of what the others leave. */
function completeBasis(right: Matrix, values: Float64Array, options: KernelOptions): void {
  const n = right.rows;
  const zero = values.indexOf(0);
  const rank = zero < 0 ? n : zero;
  if (rank === n) return;
  const known = matrix(n, rank);
  for (let i = 0; i < n; i++) known.data.set(right.data.subarray(i * n, i * n + rank), i * rank);
  const basis = orthogonalFactor(qr(known, options), { ...options, columns: n });
  for (let i = 0; i < n; i++) for (let j = rank; j < n; j++) right.data[i * n + j] = basis.data[i * n + j]!;
}

/**
 * A = U Σ Vᵀ by one-sided Jacobi rotations of the triangular factor of a pivoted QR factorisation (Drmač and Veselić 2008, LAPACK notes 169
 * and 170): even the small singular values of a matrix with badly scaled columns come out to high relative accuracy. Some 40 min(m, n)³ + 4
 * m n min(m, n) operations.
 * @throws InputError when A is not finite.
 * @example
 * const { left, values, right } = svd(matrixFromRows([[0, 2], [1, 0]]));
 * values; // [2.000, 1.000]
 */
export function svd(a: Matrix, options: KernelOptions = {}): SingularValueDecomposition {
  requireFinite('svd', a);
  if (a.rows < a.columns) {
    const { left, values, right } = svd(transposeMatrix(a), options);
    return { left: right, values, right: left };
  }
  const { rows: m, columns: n } = a;
  const scale = powerOfTwoScale(a.data);
  const factors = pivotedQr(
    matrix(
      m,
      n,
      a.data.map((value) => value * scale),
    ),
    options,
  );
  const inner = squareSvd(kernelsFor(options), upperFactor(factors));
  completeBasis(inner.right, inner.values, options);
  const padded = matrix(m, n);
  padded.data.set(inner.left.data);
  const right = matrix(n, n);
  factors.permutation.forEach((column, i) => {
    right.data.set(inner.right.data.subarray(i * n, (i + 1) * n), column * n);
  });
  unscale(inner.values, scale);
  return { left: applyQ(factors, padded, options), values: inner.values, right };
}

/**
 * The singular values alone, descending, as accurate as those of `svd`.
 * @example
 * singularValues(matrixFromRows([[3, 0], [4, 0]])); // [5.000, 0]
 */
export function singularValues(a: Matrix, options: KernelOptions = {}): Float64Array {
  return svd(a, options).values;
}

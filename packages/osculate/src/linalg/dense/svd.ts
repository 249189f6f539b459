import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, transposeMatrix } from '../matrix.js';
import { normAt } from './householder.js';
import { pivotedQr } from './pivoted-qr.js';
import { applyQ, upperFactor } from './qr.js';
import { powerOfTwoScale, unscale } from './scaling.js';

export interface SingularValueDecomposition {
  /** m x min(m, n), orthonormal columns. */
  readonly left: Matrix;
  /** Descending, ≥ 0. */
  readonly values: Float64Array;
  /** n x min(m, n), orthonormal columns. */
  readonly right: Matrix;
}

/** Sweeps over all pairs at most; convergence is quadratic and after QR with pivoting rarely takes more than 6. */
const SWEEPS = 60;

/** One rotation that makes two rows orthogonal; false if they already are to working precision. */
function orthogonalize(k: Kernels, n: number, x: number, y: number, vx: number, vy: number): boolean {
  const xx = k.dot(n, x, x);
  const yy = k.dot(n, y, y);
  const xy = k.dot(n, x, y);
  if (xy === 0 || Math.abs(xy) <= 2 ** -52 * Math.sqrt(xx) * Math.sqrt(yy)) return false;
  const zeta = (yy - xx) / (2 * xy);
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const c = 1 / Math.hypot(1, t);
  k.rotate(n, x, y, c, -c * t);
  k.rotate(n, vx, vy, c, -c * t);
  return true;
}

/** Rotates the n rows at x (and the rows at v alike) until all are orthogonal. */
function jacobiAt(k: Kernels, n: number, x: number, v: number): void {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        if (orthogonalize(k, n, x + i * n, x + j * n, v + i * n, v + j * n)) rotated = true;
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
    const left = matrix(n, n);
    const right = matrix(n, n);
    order.forEach((row, j) => {
      const norm = norms[row]!;
      for (let i = 0; i < n; i++) {
        left.data[i * n + j] = h[v + row * n + i]!;
        right.data[i * n + j] = norm > 0 ? h[x + row * n + i]! / norm : 0;
      }
    });
    return { left, values: Float64Array.from(order, (row) => norms[row]!), right };
  });
}

import { ShapeError } from '../../tensor/errors.js';
import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite } from '../matrix.js';
import { applyReflectorAt, type BlockReflectorAt, formTriangleAt, reflectorWork } from './block-reflector.js';
import { reflectAt } from './householder.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';
import { powerOfTwoScale } from './scaling.js';

/** Columns factored at a time. */
const BLOCK = 32;

/**
 * A QR factorisation as LAPACK keeps it: R on and above the diagonal of `reflectors` (m x n); below it, column by column, the
 * vectors v of the reflections I − tau v vᵀ whose product is Q, without their leading ones.
 */
export interface QrFactors {
  readonly reflectors: Matrix;
  readonly tau: Float64Array;
}

/** Factors the panel, given as its transpose: `count` rows of `length`. On return row j is v_j; betas and taus aside, R above. */
function factorPanel(k: Kernels, count: number, length: number, panel: number, tau: number, upper: number): void {
  const h = k.heap;
  for (let j = 0; j < count; j++) {
    const row = panel + j * length;
    const factor = reflectAt(k, length - j - 1, row + j, row + j + 1);
    h[tau + j] = factor;
    for (let i = 0; i <= j; i++) {
      h[upper + i * count + j] = h[row + i]!;
      h[row + i] = i === j ? 1 : 0;
    }
    for (let l = j + 1; l < count; l++) {
      const other = panel + l * length + j;
      k.axpy(length - j, -factor * k.dot(length - j, row + j, other), row + j, other);
    }
  }
}

/** Copies rows x columns of h at `from` (row stride ld) to the transpose at `to` (columns x rows). */
function gatherTransposed(h: Float64Array, rows: number, columns: number, from: number, ld: number, to: number): void {
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) h[to + j * rows + i] = h[from + i * ld + j]!;
}

/** Doubles of workspace for one panel of a matrix with m rows, applied to `columns` columns. */
function panelWork(m: number, columns: number): number {
  return BLOCK * m + 2 * BLOCK * BLOCK + reflectorWork(BLOCK, columns);
}

/** Blocked Householder QR in place (Golub and Van Loan, section 5.2; LAPACK's dgeqrf). `tau` takes min(m, n) doubles. */
export function qrAt(k: Kernels, m: number, n: number, a: number, lda: number, tau: number): void {
  const steps = Math.min(m, n);
  withMemory(k, panelWork(m, n), (v) => {
    const h = k.heap;
    for (let j0 = 0; j0 < steps; j0 += BLOCK) {
      const count = Math.min(BLOCK, steps - j0);
      const length = m - j0;
      const t = v + BLOCK * m;
      const upper = t + BLOCK * BLOCK;
      const corner = a + j0 * (lda + 1);
      gatherTransposed(h, length, count, corner, lda, v);
      factorPanel(k, count, length, v, tau + j0, upper);
      for (let j = 0; j < count; j++) {
        for (let i = 0; i <= j; i++) h[corner + i * lda + j] = h[upper + i * count + j]!;
        for (let i = j + 1; i < length; i++) h[corner + i * lda + j] = h[v + j * length + i]!;
      }
      const columns = n - j0 - count;
      if (columns === 0) continue;
      const block = { count, length, v, ldv: length, t };
      formTriangleAt(k, block, tau + j0);
      applyReflectorAt(k, block, true, columns, corner + count, lda, upper + BLOCK * BLOCK);
    }
  });
}

/** C ← Q C or Qᵀ C in place with the `steps` reflectors in the columns of a (m rows); C has m rows. */
export function applyQAt(
  k: Kernels,
  m: number,
  steps: number,
  a: number,
  lda: number,
  tau: number,
  transpose: boolean,
  columns: number,
  c: number,
  ldc: number,
): void {
  if (steps === 0 || columns === 0) return;
  const last = Math.floor((steps - 1) / BLOCK) * BLOCK;
  withMemory(k, panelWork(m, columns), (v) => {
    for (let step = 0; step <= last; step += BLOCK) {
      const j0 = transpose ? step : last - step;
      const block = gatherReflectors(k, m - j0, Math.min(BLOCK, steps - j0), a + j0 * (lda + 1), lda, v, v + BLOCK * m);
      formTriangleAt(k, block, tau + j0);
      applyReflectorAt(k, block, transpose, columns, c + j0 * ldc, ldc, v + BLOCK * m + BLOCK * BLOCK);
    }
  });
}

/** V of one block, its rows completed by zeros and ones. */
function gatherReflectors(
  k: Kernels,
  length: number,
  count: number,
  corner: number,
  lda: number,
  v: number,
  t: number,
): BlockReflectorAt {
  const h = k.heap;
  gatherTransposed(h, length, count, corner, lda, v);
  for (let j = 0; j < count; j++) {
    h.fill(0, v + j * length, v + j * length + j);
    h[v + j * length + j] = 1;
  }
  return { count, length, v, ldv: length, t };
}

/** A = Q R, Q m x m orthogonal, R m x n upper triangular; 2 n² (m − n/3) operations. InputError when A is not finite. */
export function qr(a: Matrix, options: KernelOptions = {}): QrFactors {
  requireFinite('qr', a);
  const { rows: m, columns: n } = a;
  const k = kernelsFor(options);
  const scale = powerOfTwoScale(a.data);
  return withMemory(k, m * n + Math.min(m, n), (at) => {
    const tau = at + m * n;
    for (let i = 0; i < m * n; i++) k.heap[at + i] = a.data[i]! * scale;
    qrAt(k, m, n, at, n, tau);
    const reflectors = matrix(m, n, k.heap.slice(at, at + m * n));
    for (let i = 0; i < m; i++)
      for (let j = i; j < n; j++) reflectors.data[i * n + j] = reflectors.data[i * n + j]! / scale;
    return { reflectors, tau: k.heap.slice(tau, tau + Math.min(m, n)) };
  });
}

/** The min(m, n) x n upper triangular (trapezoidal) factor R. */
export function upperFactor({ reflectors, tau }: QrFactors): Matrix {
  const n = reflectors.columns;
  const r = matrix(tau.length, n, reflectors.data.slice(0, tau.length * n));
  for (let i = 0; i < tau.length; i++) r.data.fill(0, i * n, i * n + Math.min(i, n));
  return r;
}

export interface ApplyQOptions extends KernelOptions {
  /** Multiply by Qᵀ. */
  readonly transpose?: boolean;
}

/** Q C, or Qᵀ C, without forming Q; C has the m rows of the factored matrix. */
export function applyQ<C extends RightHandSide>(factors: QrFactors, c: C, options: ApplyQOptions = {}): C {
  const { reflectors, tau } = factors;
  const { rows: m, columns: n } = reflectors;
  const { data, columns } = asColumns('applyQ', m, c);
  const k = kernelsFor(options);
  const { transpose = false } = options;
  return withMemory(k, m * n + tau.length + data.length, (at) => {
    const tauAt = at + m * n;
    const out = tauAt + tau.length;
    k.heap.set(reflectors.data, at);
    k.heap.set(tau, tauAt);
    k.heap.set(data, out);
    applyQAt(k, m, tau.length, at, n, tauAt, transpose, columns, out, columns);
    return likeRightHandSide(c, matrix(m, columns, k.heap.slice(out, out + data.length)));
  });
}

/** The first `columns` columns of Q, by default min(m, n). ShapeError for more than m. */
export function orthogonalFactor(
  factors: QrFactors,
  options: KernelOptions & { readonly columns?: number } = {},
): Matrix {
  const m = factors.reflectors.rows;
  const { columns = factors.tau.length } = options;
  if (columns > m) throw new ShapeError(`orthogonalFactor: Q is ${m} x ${m}; it has no ${columns} columns.`);
  const identity = matrix(m, columns);
  for (let i = 0; i < columns; i++) identity.data[i * columns + i] = 1;
  return applyQ(factors, identity, options);
}

import { ShapeError } from '../../tensor/errors.js';
import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite } from '../matrix.js';
import { applyReflectorAt, type BlockReflectorAt, formTriangleAt, reflectorWork } from './block-reflector.js';
import { reflectAt } from './householder.js';
import { type IntoOptions, takeMatrix } from './result.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';
import { powerOfTwoScale } from './scaling.js';
import { transposeAt } from './transpose.js';

/** Columns factored at a time. */
const BLOCK = 32;

/**
 * A QR factorisation as LAPACK keeps it: R on and above the diagonal of `reflectors` (m x n); below it, column by column, the
 * vectors v of the reflections I − tau v vᵀ whose product is Q, without their leading ones.
 */
export interface QrFactors {
  /** R, and below it the vectors of the reflections. */
  readonly reflectors: Matrix;
  /** The factors of the reflections. */
  readonly tau: Float64Array;
}

/** Factors the panel, given as its transpose in v. On return row j is the vector of reflection j; the panel's R goes to `upper`. */
function factorPanel(k: Kernels, { count, length, v, ldv }: BlockReflectorAt, tau: number, upper: number): void {
  const h = k.heap;
  for (let j = 0; j < count; j++) {
    const row = v + j * ldv;
    const factor = reflectAt(k, length - j - 1, row + j, row + j + 1);
    h[tau + j] = factor;
    for (let i = 0; i <= j; i++) {
      h[upper + i * count + j] = h[row + i]!;
      h[row + i] = i === j ? 1 : 0;
    }
    for (let l = j + 1; l < count; l++) {
      const other = v + l * ldv + j;
      k.axpy(length - j, -factor * k.dot(length - j, row + j, other), row + j, other);
    }
  }
}

/** The stride of a panel's rows: off the powers of two, whose rows would all fall into the same few lines of the cache. */
const panelStride = (m: number): number => m + 4;

/** Doubles of workspace for one panel of a matrix with m rows, applied to `columns` columns. */
function panelWork(m: number, columns: number): number {
  return BLOCK * panelStride(m) + 2 * BLOCK * BLOCK + reflectorWork(BLOCK, columns);
}

/** Blocked Householder QR in place (Golub and Van Loan, section 5.2; LAPACK's dgeqrf). `tau` takes min(m, n) doubles. */
function qrAt(k: Kernels, m: number, n: number, a: number, lda: number, tau: number): void {
  const steps = Math.min(m, n);
  withMemory(k, panelWork(m, n), (v) => {
    const h = k.heap;
    for (let j0 = 0; j0 < steps; j0 += BLOCK) {
      const count = Math.min(BLOCK, steps - j0);
      const length = m - j0;
      const block = { count, length, v, ldv: panelStride(m), t: v + BLOCK * panelStride(m) };
      const upper = block.t + BLOCK * BLOCK;
      const corner = a + j0 * (lda + 1);
      transposeAt(h, length, count, corner, lda, v, block.ldv);
      factorPanel(k, block, tau + j0, upper);
      transposeAt(h, count, length, v, block.ldv, corner, lda);
      for (let i = 0; i < count; i++) {
        h.copyWithin(corner + i * lda + i, upper + i * count + i, upper + (i + 1) * count);
      }
      const columns = n - j0 - count;
      if (columns === 0) continue;
      formTriangleAt(k, block, tau + j0);
      applyReflectorAt(k, block, true, columns, corner + count, lda, upper + BLOCK * BLOCK);
    }
  });
}

/**
 * C ← Q C or Qᵀ C in place with the `steps` reflectors in the columns of a (m rows); C has m rows. With `identity`, C is the start of an
 * identity, of which each block of Q changes only what is below and right of its corner.
 */
function applyQAt(
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
  identity = false,
): void {
  if (steps === 0 || columns === 0) return;
  const last = Math.floor((steps - 1) / BLOCK) * BLOCK;
  withMemory(k, panelWork(m, columns), (v) => {
    for (let step = 0; step <= last; step += BLOCK) {
      const j0 = transpose ? step : last - step;
      const block = {
        count: Math.min(BLOCK, steps - j0),
        length: m - j0,
        v,
        ldv: panelStride(m),
        t: v + BLOCK * panelStride(m),
      };
      gatherReflectors(k.heap, block, a + j0 * (lda + 1), lda);
      formTriangleAt(k, block, tau + j0);
      const skip = identity ? Math.min(j0, columns) : 0;
      applyReflectorAt(k, block, transpose, columns - skip, c + j0 * ldc + skip, ldc, block.t + BLOCK * BLOCK);
    }
  });
}

/** V of one block from the columns at `corner`, its rows completed by zeros and ones. */
function gatherReflectors(
  h: Float64Array,
  { count, length, v, ldv }: BlockReflectorAt,
  corner: number,
  lda: number,
): void {
  transposeAt(h, length, count, corner, lda, v, ldv);
  for (let j = 0; j < count; j++) {
    h.fill(0, v + j * ldv, v + j * ldv + j);
    h[v + j * ldv + j] = 1;
  }
}

/**
 * A = Q R, Q m x m orthogonal, R m x n upper triangular; 2 n² (m − n/3) operations.
 * @throws InputError when A is not finite.
 * @example
 * const a = matrixFromRows([[3, 1], [4, 2]]);
 * const factors = qr(a);
 * multiply(orthogonalFactor(factors), upperFactor(factors)); // [3.000, 1.000, 4.000, 2.000]
 * applyQ(factors, Float64Array.of(3, 4), { transpose: true }); // [-5.000, 0.000]
 */
export function qr(a: Matrix, options: KernelOptions & IntoOptions = {}): QrFactors {
  requireFinite('qr', a);
  const { rows: m, columns: n } = a;
  const k = kernelsFor(options);
  const scale = powerOfTwoScale(a.data);
  return withMemory(k, m * n + Math.min(m, n), (at) => {
    const tau = at + m * n;
    for (let i = 0; i < m * n; i++) k.heap[at + i] = a.data[i]! * scale;
    qrAt(k, m, n, at, n, tau);
    const reflectors = takeMatrix(k, at, m, n, options.into);
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

/**
 * The first `columns` columns of Q, by default min(m, n).
 * @throws ShapeError for more than m.
 */
export function orthogonalFactor(
  factors: QrFactors,
  options: KernelOptions & IntoOptions & { readonly columns?: number } = {},
): Matrix {
  const m = factors.reflectors.rows;
  const { columns = factors.tau.length } = options;
  if (columns > m) throw new ShapeError(`orthogonalFactor: Q is ${m} x ${m}; it has no ${columns} columns.`);
  const { reflectors, tau } = factors;
  const n = reflectors.columns;
  const k = kernelsFor(options);
  return withMemory(k, m * n + tau.length + m * columns, (at) => {
    const tauAt = at + m * n;
    const q = tauAt + tau.length;
    k.heap.set(reflectors.data, at);
    k.heap.set(tau, tauAt);
    k.heap.fill(0, q, q + m * columns);
    for (let i = 0; i < columns; i++) k.heap[q + i * (columns + 1)] = 1;
    applyQAt(k, m, tau.length, at, n, tauAt, false, columns, q, columns, true);
    return takeMatrix(k, q, m, columns, options.into);
  });
}

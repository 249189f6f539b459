import { checkOptions } from '../../tensor/check-options.js';
import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, transposeMatrix } from '../matrix.js';
import { frobeniusNorm } from './norms.js';

export interface NewtonSchulzOptions extends KernelOptions {
  /** The number of steps (default 5). */
  readonly steps?: number;
  /** a, b, c of x ← a x + b x³ + c x⁵; default Muon's (3.4445, −4.7750, 2.0315), which lift small values fast but never settle at 1. */
  readonly coefficients?: readonly [number, number, number];
}

/** Muon's coefficients (Jordan et al. 2024). */
const MUON: readonly [number, number, number] = [3.4445, -4.775, 2.0315];

/**
 * Approximates the orthogonal polar factor U Vᵀ of G = U Σ Vᵀ by products alone: X ← a X + (b X Xᵀ + c (X Xᵀ)²) X from G / ‖G‖_F, which acts
 * on each singular value by the odd polynomial of the coefficients. 5 steps of Muon's bring all but the tiniest into about [0.68, 1.13]. A
 * zero matrix stays zero.
 * @throws InputError when G is not finite or `steps` is not an integer ≥ 0.
 * @example
 * const orthogonal = newtonSchulz(matrixFromRows([[3, 0], [0, 5]]), { steps: 10, coefficients: [1.5, -0.5, 0] });
 * orthogonal; // [1.000, 0, 0, 1.000]
 */
export function newtonSchulz(g: Matrix, options: NewtonSchulzOptions = {}): Matrix {
  const { steps = 5, coefficients = MUON } = options;
  requireFinite('newtonSchulz', g);
  checkOptions('newtonSchulz', { 'an integer ≥ 0': { steps } });
  if (g.rows > g.columns) return transposeMatrix(newtonSchulz(transposeMatrix(g), options));
  const norm = frobeniusNorm(g);
  if (norm === 0) return matrix(g.rows, g.columns);
  const { rows: m, columns: n } = g;
  const [a, b, c] = coefficients;
  const k = kernelsFor(options);
  return withMemory(k, 2 * m * n + 2 * m * m, (at) => {
    const h = k.heap;
    let x = at;
    let next = at + m * n;
    const gram = next + m * n;
    const factor = gram + m * m;
    for (let i = 0; i < m * n; i++) h[x + i] = g.data[i]! / norm;
    for (let step = 0; step < steps; step++) {
      h.fill(0, gram, gram + m * m);
      k.gemm(false, true, m, m, n, 1, x, n, x, n, gram, m, false);
      for (let i = 0; i < m * m; i++) h[factor + i] = b * h[gram + i]!;
      k.gemm(false, false, m, m, m, c, gram, m, gram, m, factor, m, false);
      for (let i = 0; i < m; i++) h[factor + i * (m + 1)] = h[factor + i * (m + 1)]! + a;
      h.fill(0, next, next + m * n);
      k.gemm(false, false, m, n, m, 1, factor, m, x, n, next, n, false);
      [x, next] = [next, x];
    }
    return matrix(m, n, h.slice(x, x + m * n));
  });
}

import type { KernelOptions } from '../kernels/kernels.js';
import type { Matrix } from '../matrix.js';
import { lu, luSolve } from './lu.js';
import { oneNorm } from './norms.js';

function sumOfMagnitudes(x: Float64Array): number {
  return x.reduce((sum, value) => sum + Math.abs(value), 0);
}

function largestIndex(x: Float64Array): number {
  return x.reduce((best, value, i) => (Math.abs(value) > Math.abs(x[best]!) ? i : best), 0);
}

/**
 * A lower bound on ‖B‖₁, nearly always within a factor of 3, from a few products with B and Bᵀ (Hager 1984; Higham 1988,
 * algorithm 4.1, LAPACK's dlacn2).
 */
export function estimateOneNorm(
  n: number,
  apply: (x: Float64Array) => Float64Array,
  applyTranspose: (x: Float64Array) => Float64Array,
): number {
  if (n === 0) return 0;
  let y = apply(new Float64Array(n).fill(1 / n));
  let estimate = sumOfMagnitudes(y);
  let visited = -1;
  for (let iteration = 0; iteration < 5; iteration++) {
    const z = applyTranspose(y.map((value) => (value < 0 ? -1 : 1)));
    const j = largestIndex(z);
    if (j === visited) break;
    visited = j;
    const unit = new Float64Array(n);
    unit[j] = 1;
    y = apply(unit);
    const next = sumOfMagnitudes(y);
    if (next <= estimate) break;
    estimate = next;
  }
  const alternating = new Float64Array(n).map((_, i) => (i % 2 === 0 ? 1 : -1) * (1 + i / Math.max(1, n - 1)));
  return Math.max(estimate, (2 * sumOfMagnitudes(apply(alternating))) / (3 * n));
}

/**
 * An estimate, nearly always within a factor of 3, of κ₁(A) = ‖A‖₁ ‖A⁻¹‖₁; ∞ for a singular A. 2 n³/3 operations.
 * @example
 * conditionEstimate(matrixFromRows([[100, 0], [0, 1]])); // 100
 */
export function conditionEstimate(a: Matrix, options: KernelOptions = {}): number {
  const factors = lu(a, options);
  if (factors.singularAt !== undefined) return Infinity;
  const inverse = estimateOneNorm(
    a.rows,
    (x) => luSolve(factors, x, options),
    (x) => luSolve(factors, x, { ...options, transpose: true }),
  );
  return oneNorm(a) * inverse;
}

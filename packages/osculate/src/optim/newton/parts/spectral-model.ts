import { symmetricEigen } from '../../../linalg/dense/eigen/symmetric-eigen.js';
import type { Matrix } from '../../../linalg/matrix.js';
import { secularRoot } from './secular-root.js';

/** A quadratic model gᵀp + ½·pᵀBp in the eigenbasis of B = QΛQᵀ: coordinates of p and c = Qᵀg. */
export interface SpectralModel {
  /** Λ, ascending. */
  readonly values: Float64Array;
  readonly vectors: Matrix;
  /** Qᵀg. */
  readonly slopes: Float64Array;
}

/** The model of a gradient and a symmetric matrix. Cost: an eigendecomposition, 9n³. */
export function spectralModel(gradient: Float64Array, curvature: Matrix): SpectralModel {
  const { values, vectors } = symmetricEigen(curvature);
  const n = values.length;
  const slopes = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) slopes[j]! += vectors.data[i * n + j]! * gradient[i]!;
  return { values, vectors, slopes };
}

/** Q·s: the step of coordinates in the eigenbasis. */
export function fromEigenbasis({ vectors }: SpectralModel, s: Float64Array): Float64Array {
  const n = s.length;
  const p = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) p[i]! += vectors.data[i * n + j]! * s[j]!;
  return p;
}

/** By how much the model falls: −(cᵀs + ½·sᵀΛs). */
export function modelDecrease({ values, slopes }: SpectralModel, s: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < s.length; i++) sum -= s[i]! * (slopes[i]! + 0.5 * values[i]! * s[i]!);
  return sum;
}

/** s with (Λ + μI)s = −c and what is known of it; directions of no slope are left alone, even where Λ + μI is singular. */
function shiftedStep(c: Float64Array, d: Float64Array, tau: number): { s: Float64Array; length: number } {
  const s = c.map((ci, i) => (ci === 0 ? 0 : -ci / (d[i]! + tau)));
  return { s, length: Math.sqrt(s.reduce((sum, x) => sum + x * x, 0)) };
}

/**
 * The global minimiser of the model among steps whose length is given by their shift: (B + μI)p = −g with B + μI positive
 * semi-definite and ‖p‖ = offset + slope·μ. A trust region of radius Δ has offset Δ and slope 0 (there μ = 0 and a shorter
 * step is right, too); cubic regularisation with weight σ has offset 0 and slope 1/σ. The hard case (no slope along the lowest
 * eigenvectors, and a step that is too short at μ = −λ₁) is completed along the first of them (Moré and Sorensen 1983).
 */
export function shiftedMinimizer({ values, slopes }: SpectralModel, offset: number, slope: number): Float64Array {
  const least = values[0]!;
  const shift = Math.max(0, -least);
  const gaps = values.map((value) => Math.max(0, value + shift));
  const target = offset + slope * shift;
  const { s, length } = shiftedStep(slopes, gaps, 0);
  if (!(length <= target)) {
    return shiftedStep(slopes, gaps, secularRoot(slopes, gaps, target, slope)).s;
  }
  if (least < 0) s[0]! += Math.sqrt(Math.max(0, target * target - length * length));
  return s;
}

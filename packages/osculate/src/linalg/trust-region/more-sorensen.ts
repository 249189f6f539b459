import { symmetricEigen } from '../dense/eigen/symmetric-eigen.js';
import { euclideanNorm } from '../dense/norms.js';
import type { Matrix } from '../matrix.js';

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
  return { s, length: euclideanNorm(s) };
}

/** ‖s(τ)‖ with sᵢ = −cᵢ/(dᵢ + τ), and the derivative of its square halved, negated: Σ cᵢ²/(dᵢ + τ)³. */
function lengthAt(c: Float64Array, d: Float64Array, tau: number): { length: number; cubes: number } {
  let [squares, cubes] = [0, 0];
  for (let i = 0; i < c.length; i++) {
    if (c[i] === 0) continue;
    const s = c[i]! / (d[i]! + tau);
    squares += s * s;
    cubes += (s * s) / (d[i]! + tau);
  }
  return { length: Math.sqrt(squares), cubes };
}

/**
 * The τ ≥ 0 at which ‖s(τ)‖ = offset + slope·τ, sᵢ = −cᵢ/(dᵢ + τ), all dᵢ ≥ 0, when the left side is the greater at 0: Newton's
 * iteration on 1/‖s‖ − 1/(offset + slope·τ), which is nearly linear (Moré and Sorensen 1983), kept in a bracket.
 */
function secularRoot(c: Float64Array, d: Float64Array, offset: number, slope: number): number {
  const size = euclideanNorm(c);
  let low = 0;
  // ‖s(τ)‖ ≤ ‖c‖/τ: at the smaller of these bounds the left side is no greater.
  let high = Math.min(offset > 0 ? size / offset : Infinity, slope > 0 ? Math.sqrt(size / slope) : Infinity);
  let tau = high;
  for (let i = 0; i < 200; i++) {
    const { length, cubes } = lengthAt(c, d, tau);
    const wanted = offset + slope * tau;
    if (Math.abs(length - wanted) <= 4e-16 * wanted) break;
    if (length > wanted) low = tau;
    else high = tau;
    const change = (1 / length - 1 / wanted) / (cubes / length ** 3 + slope / wanted ** 2);
    const next = tau - change;
    if (next > low && next < high) tau = next;
    else tau = low > 0 ? Math.sqrt(low) * Math.sqrt(high) : 1e-3 * high;
    if (!(tau > low && tau < high)) break;
  }
  return tau;
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

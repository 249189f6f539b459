import type { Vector } from '../objective.js';
import type { Piece } from './kfac-programs.js';

/** Coefficients of the step δ = α·Δ + μ·δ₀ and what the quadratic model says of it. */
export interface StepSize {
  readonly alpha: number;
  readonly mu: number;
  /** M(δ) − M(0), negative for a descent. */
  readonly change: number;
}

/** Inner products of Δ, the previous step δ₀ and the gradient g. */
export interface InnerProducts {
  readonly gradientDirection: number;
  readonly gradientPrevious: number;
  readonly directionDirection: number;
  readonly directionPrevious: number;
  readonly previousPrevious: number;
}

/** All of them in one pass, in float64; Δ = −U. */
export function innerProducts(gradient: Vector, direction: readonly Piece[], previous: Vector): InnerProducts {
  let [gu, gp, uu, up, pp] = [0, 0, 0, 0, 0];
  for (const { offset, data } of direction) {
    for (let i = 0; i < data.length; i++) {
      const g = gradient[offset + i]!;
      const d = data[i]!;
      const p = previous[offset + i]!;
      gu += g * d;
      gp += g * p;
      uu += d * d;
      up += d * p;
      pp += p * p;
    }
  }
  return {
    gradientDirection: -gu,
    gradientPrevious: gp,
    directionDirection: uu,
    directionPrevious: -up,
    previousPrevious: pp,
  };
}

/**
 * Minimises the model ½·δᵀ(F + damping·I)δ + gᵀδ over δ = α·Δ + μ·δ₀ (Martens and Grosse 2015, section 7): a 2 x 2 system, or one
 * equation for α when there is no previous step, or the two are almost parallel. `curvature` holds UᵀFU, UᵀFδ₀ and δ₀ᵀFδ₀ of U = −Δ. Null when the model has no finite
 * minimum.
 */
export function stepSize(
  curvature: readonly [number, number, number],
  products: InnerProducts,
  damping: number,
): StepSize | null {
  const a = curvature[0] + damping * products.directionDirection;
  const b = damping * products.directionPrevious - curvature[1];
  const c = curvature[2] + damping * products.previousPrevious;
  const { gradientDirection: p, gradientPrevious: q } = products;
  const determinant = a * c - b * b;
  const both = determinant > 1e-6 * a * c;
  const alpha = both ? (b * q - c * p) / determinant : -p / a;
  const mu = both ? (b * p - a * q) / determinant : 0;
  const change = 0.5 * (alpha * p + mu * q);
  return a > 0 && Number.isFinite(change) ? { alpha, mu, change } : null;
}

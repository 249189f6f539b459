import type { Rows } from '../../data/source.js';
import type { Vector } from '../../objective/vector.js';
import type { Direction, Piece, Point } from './programs.js';

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

/** What of a state the length of its step depends on: λ and the last step. */
interface Candidate {
  readonly damping: number;
  readonly previous: Vector;
}

/** A state with the step that it proposes. */
interface Proposal<S> {
  readonly state: S;
  readonly direction: readonly Piece[];
  readonly size: StepSize;
  /** Slope of the objective along the step, on the rows of the quadratic model. */
  readonly slope: number;
}

type Method<S> = { direction(state: S, gradient: Vector, at: Point): Promise<Direction> };

/** Rows whose slope along the step is the batch's within this factor stand for the batch. */
const likeness = 1.5;

/** The proposal whose quadratic model, on the rows of `at`, promises the largest decrease; null when none has a finite minimum. */
async function bestOn<S extends Candidate>(
  method: Method<S>,
  candidates: readonly S[],
  gradient: Vector,
  at: Point,
  weightDecay: number,
): Promise<Proposal<S> | null> {
  let best: Proposal<S> | null = null;
  for (const state of candidates) {
    const { direction, curvature, slopes } = await method.direction(state, gradient, at);
    const inner = innerProducts(gradient, direction, state.previous);
    const size = stepSize(curvature, inner, state.damping + weightDecay);
    if (size === null || (best !== null && size.change >= best.size.change)) continue;
    // The engine may use the memory of one run's results for the next run.
    const kept = candidates.length === 1 ? direction : direction.map((p) => ({ ...p, data: p.data.slice() as Vector }));
    best = { state, direction: kept, size, slope: size.mu * slopes[1] - size.alpha * slopes[0] };
  }
  return best;
}

/** At its minimum over the span the model promises half of the batch's slope along the step. */
function standsForBatch({ slope, size }: Proposal<unknown>): boolean {
  const ratio = slope / (2 * size.change);
  return ratio >= 1 / likeness && ratio <= likeness;
}

/**
 * The proposal of the candidate whose quadratic model promises the largest decrease; null when none has a finite minimum.
 *
 * The linear term of the model is the gradient of the whole `batch`, its curvature that of the rows of `at`: a part of the batch, as in
 * section 8 of Martens and Grosse (2015). Once most rows are fitted, gradient and curvature are those of a few hard rows; a part without
 * them has next to no curvature, and the minimum of such a model lies far outside of where it holds. But such a part has next to no
 * slope either. So its slope along the step, which costs nothing beside the products, must be that of the batch within a factor of
 * 1.5; otherwise the model is made again with the curvature of the whole batch, which kfac-jax takes in every step.
 */
export async function bestProposal<S extends Candidate>(
  method: Method<S>,
  candidates: readonly S[],
  gradient: Vector,
  at: Point,
  batch: Rows,
  weightDecay: number,
): Promise<Proposal<S> | null> {
  const best = await bestOn(method, candidates, gradient, at, weightDecay);
  if (at.rows.length === batch.length || (best !== null && standsForBatch(best))) return best;
  return bestOn(method, candidates, gradient, { ...at, rows: batch }, weightDecay);
}

import type { Rows, Vector } from '../objective.js';
import type { Direction, Piece, Point } from './kfac-programs.js';
import { innerProducts, type StepSize, stepSize } from './kfac-step-size.js';

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
): Promise<Proposal<S> | null> {
  let best: Proposal<S> | null = null;
  for (const state of candidates) {
    const { direction, curvature, slopes } = await method.direction(state, gradient, at);
    const inner = innerProducts(gradient, direction, state.previous);
    const size = stepSize(curvature, inner, state.damping + at.objective.weightDecay);
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
 * 1.5; otherwise the model is made anew with the curvature of the whole batch, which kfac-jax takes in every step.
 */
export async function bestProposal<S extends Candidate>(
  method: Method<S>,
  candidates: readonly S[],
  gradient: Vector,
  at: Point,
  batch: Rows,
): Promise<Proposal<S> | null> {
  const best = await bestOn(method, candidates, gradient, at);
  if (at.rows.length === batch.length || (best !== null && standsForBatch(best))) return best;
  return bestOn(method, candidates, gradient, { ...at, rows: batch });
}

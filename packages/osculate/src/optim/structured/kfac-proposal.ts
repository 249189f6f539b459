import type { Vector } from '../objective.js';
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
}

/** The proposal of the candidate whose quadratic model promises the largest decrease; null when none has a finite minimum. */
export async function bestProposal<S extends Candidate>(
  method: { direction(state: S, gradient: Vector, at: Point): Promise<Direction> },
  candidates: readonly S[],
  gradient: Vector,
  at: Point,
): Promise<Proposal<S> | null> {
  let best: Proposal<S> | null = null;
  for (const state of candidates) {
    const { direction, curvature } = await method.direction(state, gradient, at);
    const inner = innerProducts(gradient, direction, state.previous);
    const size = stepSize(curvature, inner, state.damping + at.objective.weightDecay);
    if (size === null || (best !== null && size.change >= best.size.change)) continue;
    // The engine may use the memory of one run's results for the next run.
    const kept = candidates.length === 1 ? direction : direction.map((p) => ({ ...p, data: p.data.slice() as Vector }));
    best = { state, direction: kept, size };
  }
  return best;
}

import type { Rows } from '../../data/source.js';
import type { Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import type { KfacState } from './options.js';

/** How many losses a loss that has risen is compared with. */
const remembered = 10;

/** Before the first step. */
export const noLosses = (): Float64Array => new Float64Array(remembered).fill(Number.NEGATIVE_INFINITY);

/** The losses with that of this step, in the place of the oldest. */
export function withLoss(losses: Float64Array, step: number, loss: number): Float64Array {
  const next = losses.slice();
  next[step % next.length] = loss;
  return next;
}

/** The largest of them. */
export const largestLoss = (losses: Float64Array): number => Math.max(...losses);

/**
 * Whether the last step did harm. Suspected, at no cost, where this mini-batch's loss is above those of all the last steps (the test of a
 * nonmonotone line search: Grippo, Lampariello and Lucidi 1986); established by the loss of the same mini-batch before that step: it has
 * risen by more than the model promised that it would fall, ρ < −1.
 */
export async function didHarm(objective: Objective, state: KfacState, rows: Rows, loss: number): Promise<boolean> {
  const { parameters, previous, promised, losses } = state;
  if (promised === 0 || loss <= largestLoss(losses)) return false;
  const before = parameters.map((v, i) => v - previous[i]!) as Vector;
  const rise = loss - (await objective.value(before, rows));
  return rise > -promised;
}

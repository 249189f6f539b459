import { type Objective, supervisedObjective } from 'osculate/objective';
import type { Executor } from 'osculate/runtime';
import type { Examples, LossModel } from './problem.js';

/** The mean loss of a model over examples, with at most `chunk` of them in one run of a program. */
export function objectiveOn(
  executor: Executor,
  { model, loss, parameters }: LossModel,
  { x, y }: Examples,
  chunk?: number,
): Objective {
  return supervisedObjective({ executor, model, loss, parameters, x, y, ...(chunk !== undefined && { chunk }) });
}

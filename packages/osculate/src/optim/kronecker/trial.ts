import { like, type Vector } from '../../linalg/vectors.js';
import { drawRows } from '../../objective/rows.js';
import type { StepContext } from '../optimizer.js';
import { bestByTrial } from '../search/trial.js';
import type { KroneckerMethod } from './method.js';
import { combine } from './move.js';
import type { KfacState } from './options.js';
import { bestProposal, type Point } from './programs.js';

/** The λ around which the first is sought: near what networks with mean losses take. */
export const firstDamping = 0.01;

/** Longest side of a block that is inverted for a λ that is only tried: the inverses of a trial cost a fraction of those of a step where these are dear. */
const largestTried = 512;
/** Values tried at most where sides are longer than that: products with them are dear, too. */
const mostOfLong = 5;

/**
 * The state with the first λ, of a series 10ᵏ: the one after whose step the loss is least on other rows, as many as the batch has. Null where none
 * gives a finite loss. Cost a trial: inverses of blocks of at most 512, the direction with its quadratic model, and a forward pass; at the end
 * the inverses as they are in every step.
 */
export async function startedByTrial<S extends KfacState>(
  method: KroneckerMethod<S>,
  learnt: S,
  gradient: Vector,
  [at, rows]: readonly [Point, Uint32Array],
  { objective, generator }: StepContext,
): Promise<{ state: S; tried: number } | null> {
  const others = drawRows(objective, rows.length, generator);
  const move = { step: like(at.theta), parameters: like(at.theta) };
  const measure = async (damping: number): Promise<number> => {
    const state = method.damped(learnt, damping, largestTried);
    const proposal = state && (await bestProposal(method, [state], gradient, at, rows, objective.weightDecay));
    if (!proposal) return Number.POSITIVE_INFINITY;
    combine(at.theta, proposal.direction, learnt.previous, proposal.size, move);
    return objective.value(move.parameters, others);
  };
  const long = method.programs.layout.slots.some(({ width }) => width > largestTried);
  const found = await bestByTrial(firstDamping, measure, long ? { most: mostOfLong } : {});
  if (found === null) return null;
  const state = found.value === learnt.damping ? learnt : method.damped(learnt, found.value);
  return state && { state, tried: found.tried };
}

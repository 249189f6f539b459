import type { Rows } from '../../data/source.js';
import { allFinite, dotInOrder } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import type { OptimizerState, StepReport } from '../optimizer.js';
import { bestByTrial, type TrialResult } from '../search/trial.js';

/** Mini-batches on which a learning rate is tried. */
export const trialSteps = 10;

/**
 * The learning rate by a short trial: ten steps from the state with each of a series of rates, on the same ten mini-batches; the smallest
 * whose mean loss in the last five, each taken before the step on its batch, has fallen nine tenths as far as the least. The series is η₀·3ᵏ
 * from the rate η₀ = f/‖∇f‖² at which the linear model of the first batch falls to zero (Polyak 1964). Null where no rate keeps the losses
 * finite.
 */
export async function rateByTrial<S extends OptimizerState>(
  state: S,
  batches: readonly Rows[],
  objective: Objective,
  stepOn: (state: S, rows: Rows, rate: number) => Promise<{ state: S; report: StepReport }>,
): Promise<TrialResult | null> {
  const { value, gradient } = await objective.valueAndGradient(state.parameters, batches[0]!);
  const first = Math.abs(value) / dotInOrder(gradient, gradient);
  if (!Number.isFinite(value) || !allFinite(gradient)) return null;
  const measure = async (rate: number): Promise<number> => {
    let [at, sum] = [state, 0];
    for (const [k, rows] of batches.entries()) {
      const { state: next, report } = await stepOn(at, rows, rate);
      if (!report.accepted) return Number.POSITIVE_INFINITY;
      if (k >= batches.length / 2) sum += report.loss;
      at = next;
    }
    return sum;
  };
  const start = value * Math.floor(batches.length / 2);
  const goodEnough = (sum: number, least: number): boolean => start - sum >= 0.9 * (start - least) && sum < start;
  return bestByTrial(Number.isFinite(first) && first > 0 ? first : 0.01, measure, { factor: 3, goodEnough });
}

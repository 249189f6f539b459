import type { Problem } from '../problems/problem.js';
import type { Budget, Point } from '../study.js';

/** How often a curve gets a point, as a share of the budget. */
export const pointsPerBudget = 40;

/** On small problems also whenever the steps have grown by this factor: there most happens in the first milliseconds. */
const growth = 1.1;

type Place = Pick<Point, 'step' | 'seconds' | 'gradientEquivalents'>;

/**
 * Where a curve gets its next point after the last one: as soon as one of the three is reached. Without a budget of seconds that does not
 * depend on the clock: the same run has the same points again.
 */
export function nextPoint(
  { kind }: Pick<Problem, 'kind'>,
  budget: Budget,
  last: Place,
  points = pointsPerBudget,
): Place {
  const later = (done: number, whole = 0): number => (whole > 0 ? done + whole / points : Number.POSITIVE_INFINITY);
  const step = later(last.step, budget.steps);
  return {
    step: kind === 'supervised' ? step : Math.min(step, growth * last.step),
    seconds: later(last.seconds, budget.seconds),
    gradientEquivalents: later(last.gradientEquivalents, budget.gradientEquivalents),
  };
}

/** Whether a run has reached one of the three. */
export function hasReached(place: Place, now: Place): boolean {
  return now.seconds >= place.seconds || now.step >= place.step || now.gradientEquivalents >= place.gradientEquivalents;
}

/** Whether a point is at the problem's target or beyond; false for a problem without one. */
export function isSolved({ target, measures }: Pick<Problem, 'target' | 'measures'>, { values }: Point): boolean {
  const value = target && values[target.measure];
  if (target === undefined || value === undefined || value === null) return false;
  const { better } = measures.find(({ key }) => key === target.measure)!;
  return better === 'lower' ? value <= target.value : value >= target.value;
}

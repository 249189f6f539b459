import type { Problem } from '../problems/problem.js';
import type { Budget, Point } from '../study.js';

/** How often a curve gets a point, as a share of the budget. */
const pointsPerBudget = 40;

/** On small problems also whenever the steps have grown by this factor: there most happens in the first milliseconds. */
const growth = 1.1;

type Place = Pick<Point, 'step' | 'seconds' | 'gradientEquivalents'>;

/**
 * Whether a curve gets a point here. Without a budget of seconds it does not depend on the clock: the same run has the same points
 * again.
 */
export function isDue(
  { kind }: Pick<Problem, 'kind'>,
  budget: Budget,
  last: Place,
  now: Place,
  points = pointsPerBudget,
): boolean {
  const { seconds = 0, steps = 0, gradientEquivalents = 0 } = budget;
  const passed = (from: number, to: number, limit: number) => limit > 0 && to - from >= limit / points;
  if (passed(last.seconds, now.seconds, seconds) || passed(last.step, now.step, steps)) return true;
  if (passed(last.gradientEquivalents, now.gradientEquivalents, gradientEquivalents)) return true;
  return kind !== 'supervised' && now.step >= growth * last.step;
}

/** Whether a point is at the problem's target or beyond; false for a problem without one. */
export function isSolved({ target, measures }: Pick<Problem, 'target' | 'measures'>, { values }: Point): boolean {
  const value = target && values[target.measure];
  if (target === undefined || value === undefined || value === null) return false;
  const { better } = measures.find(({ key }) => key === target.measure)!;
  return better === 'lower' ? value <= target.value : value >= target.value;
}

import type { Problem } from '../problems/problem.js';
import type { Budget, Point } from '../study.js';

/** How often a curve gets a point, as a share of the budget. */
export const pointsPerBudget = 40;

/** On small problems also whenever the steps have grown by this factor: there most happens in the first milliseconds. */
const growth = 1.1;

type Place = Pick<Point, 'step' | 'seconds' | 'gradientEquivalents'>;

/** Whether a part of a budget has passed that is worth a point. */
function passed(part: number, whole: number | undefined, points: number): boolean {
  return whole !== undefined && whole > 0 && part >= whole / points;
}

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
  if (passed(now.seconds - last.seconds, budget.seconds, points)) return true;
  if (passed(now.step - last.step, budget.steps, points)) return true;
  if (passed(now.gradientEquivalents - last.gradientEquivalents, budget.gradientEquivalents, points)) return true;
  return kind !== 'supervised' && now.step >= growth * last.step;
}

/** Whether a point is at the problem's target or beyond; false for a problem without one. */
export function isSolved({ target, measures }: Pick<Problem, 'target' | 'measures'>, { values }: Point): boolean {
  const value = target && values[target.measure];
  if (target === undefined || value === undefined || value === null) return false;
  const { better } = measures.find(({ key }) => key === target.measure)!;
  return better === 'lower' ? value <= target.value : value >= target.value;
}

import { describe, expect, it } from 'vitest';
import type { Measure } from '../src/problems/problem.js';
import { hasReached, isSolved, nextPoint } from '../src/run/points.js';

const at = (step: number, seconds: number, gradientEquivalents = 0) => ({ step, seconds, gradientEquivalents });

type Last = ReturnType<typeof at>;
const isDue = (
  problem: Parameters<typeof nextPoint>[0],
  budget: Parameters<typeof nextPoint>[1],
  last: Last,
  now: Last,
) => hasReached(nextPoint(problem, budget, last), now);

describe('when a curve gets a point', () => {
  it('forty times in the budget', () => {
    expect(isDue({ kind: 'supervised' }, { seconds: 40 }, at(10, 1), at(900, 1.9))).toBe(false);
    expect(isDue({ kind: 'supervised' }, { seconds: 40 }, at(10, 1), at(11, 2))).toBe(true);
  });
  it('of steps and of work, whatever the clock says, when there is no budget of seconds', () => {
    const due = (step: number, work: number) =>
      isDue({ kind: 'supervised' }, { steps: 80, gradientEquivalents: 400 }, at(10, 1, 50), at(step, 1000, work));
    expect([due(11, 59), due(12, 50), due(11, 60)]).toEqual([false, true, true]);
  });
  it('on functions also when the steps have grown by a tenth', () => {
    expect(isDue({ kind: 'function' }, { seconds: 40 }, at(100, 1), at(109, 1))).toBe(false);
    expect(isDue({ kind: 'function' }, { seconds: 40 }, at(100, 1), at(111, 1))).toBe(true);
    expect(isDue({ kind: 'least squares' }, { seconds: 40 }, at(0, 0), at(1, 0))).toBe(true);
  });
});

describe('when a problem is solved', () => {
  const measure = (better: 'lower' | 'higher'): Measure => ({
    ...{ key: 'm', title: 'm', meaning: '', better, logarithmic: false },
  });
  const solved = (better: 'lower' | 'higher', m: number | null): boolean =>
    isSolved(
      { measures: [measure(better)], target: { measure: 'm', value: 1, source: '' } },
      { ...at(1, 1), values: { m }, details: {} },
    );
  it.each([
    ['lower', 1, true],
    ['lower', 1.1, false],
    ['higher', 1, true],
    ['higher', 0.9, false],
    ['higher', null, false],
    ['lower', null, false],
  ] as const)('%s is better, %s: %s', (better, value, expected) => expect(solved(better, value)).toBe(expected));
  it('never without a target', () => {
    const point = { ...at(1, 1), values: { m: 0 }, details: {} };
    expect(isSolved({ measures: [measure('lower')] }, point)).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { leastSquares } from '../../src/fit/index.js';
import { isKnownMinimum, mghProblems } from '../optim/mgh/problems.js';

/** How many of the 35 problems end in a known minimum from a multiple of the standard start. */
function solved(factor: number): number {
  const reached = mghProblems().filter((problem) => {
    const { residuals, m, start } = problem;
    const { cost } = leastSquares(
      (p) => residuals(p, m),
      start.map((x) => factor * x),
    );
    return isKnownMinimum(problem, 2 * cost);
  });
  return reached.length;
}

describe('the 35 problems of Moré, Garbow and Hillstrom, default options', () => {
  test('all known minima from the standard starts', () => {
    expect(solved(1)).toBe(35);
  });

  test('most from ten times those', () => {
    expect(solved(10)).toBeGreaterThanOrEqual(32);
  });
});

import type { Residuals } from '../../../../lab/src/problems/mgh/build.js';
import { type MghEntry, mghEntries } from '../../../../lab/src/problems/mgh/entries.js';
import { mghResiduals } from '../../../../lab/src/problems/mgh/residuals.js';
import { functionObjective, type Objective } from '../../../src/objective/index.js';

export interface MghProblem extends MghEntry {
  readonly residuals: Residuals;
  /** A fresh objective f = Σ rᵢ² in float64. */
  objective(): Objective;
}

/** The 35 problems of Moré, Garbow and Hillstrom 1981 with their standard starts and known minima. */
export function mghProblems(): MghProblem[] {
  return mghEntries().map((entry) => {
    const r = mghResiduals[entry.number - 1]!;
    const start = Float64Array.from(entry.start);
    return {
      ...entry,
      residuals: r,
      objective: () => functionObjective((x) => r(x, entry.m), start, { residuals: true }),
    };
  });
}

/** True when f is a known minimum: to 1e-4 of it, the digits that the paper prints, or 1e-12 where the minimum is zero. */
export function isKnownMinimum({ minima }: MghProblem, f: number): boolean {
  return minima.some(
    (minimum) => f <= Math.max(minimum.f, minimum.refined) * (1 + 1e-4) + 1e-12 && f >= minimum.f * (1 - 1e-4),
  );
}

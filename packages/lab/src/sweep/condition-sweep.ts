import type { Counted, Theory } from './methods.js';

/** How a run of a sweep ended: `skipped` when a smaller condition number took more steps than allowed already. */
export type SweepEnd = 'solved' | 'cap' | 'stopped' | 'skipped';

/** One run. */
export interface SweepPoint {
  readonly condition: number;
  readonly end: SweepEnd;
  /** What is counted, up to the end. */
  readonly count: number;
  readonly steps: number;
  /** Gradient equivalents. */
  readonly work: number;
  readonly seconds: number;
}

/** The exponent a of count ≈ c·κᵃ with its 95 % interval. */
export interface SweepFit {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
  readonly factor: number;
  /** The exponent between the last solved run and one a decade before, where there is one: nearer to the limit than the fit. */
  readonly lastDecade?: number;
  /** Runs that it is of: those that were solved. */
  readonly points: number;
}

/** One method over all condition numbers. */
export interface SweepSeries {
  readonly method: string;
  readonly title: string;
  readonly settings: string;
  readonly counted: Counted;
  readonly theory?: Theory;
  readonly points: readonly SweepPoint[];
  /** Absent for fewer than three solved runs. */
  readonly fit?: SweepFit;
}

/** What `osculate sweep condition` measures, as plain data. */
export interface ConditionSweep {
  /** Variables of the quadratic. */
  readonly size: number;
  /** Solved is f − f* ≤ tolerance·(f₀ − f*). */
  readonly tolerance: number;
  readonly maxSteps: number;
  readonly conditions: readonly number[];
  readonly series: readonly SweepSeries[];
  readonly seconds: number;
}

/** What a budget has seen: plain data. */
export interface BudgetState {
  /** Milliseconds spent in steps and in measuring. */
  readonly stepping: number;
  readonly measuring: number;
  /** What the last measurement took, which the next is taken to cost; 0 before the first. */
  readonly expected: number;
  /** Measurements made. */
  readonly count: number;
}

/**
 * True when one more measurement keeps the time of all within `share` of the time of the steps. What the first will cost is not known: it
 * is made as soon as it is wanted, and paid back by waiting before the second. It also compiles its programs, so what the second costs
 * is not expected to be as much: half, as a first guess.
 */
export function affordable({ stepping, measuring, expected, count }: BudgetState, share: number): boolean {
  if (count === 0) return true;
  return measuring + (count === 1 ? expected / 2 : expected) <= share * stepping;
}

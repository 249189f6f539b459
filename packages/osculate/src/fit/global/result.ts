import type { LeastSquaresResult } from '../result.js';

/** Where a set is in the result of the whole. */
export interface SetResult {
  /** What reports call the set. */
  readonly label: string;
  /** Its residuals are those from here up to, not including, `to`. */
  readonly from: number;
  /** Where its residuals end. */
  readonly to: number;
  /** The places of its parameters among all. */
  readonly places: readonly number[];
  /** Its own, in the order of its model. */
  readonly parameters: Float64Array;
  /** As of the whole. */
  readonly observed?: NonNullable<LeastSquaresResult['observed']>;
}

/** The result of a fit of several sets. */
export interface GlobalResult extends LeastSquaresResult {
  /** Where each set is in the whole. */
  readonly sets: readonly SetResult[];
}

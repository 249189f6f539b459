import { studentQuantile } from 'osculate/fit';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** An estimate with its confidence interval. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** A mean is between the values; rounding must not put that of equal ones beside them. */
const between = (values: readonly number[], estimate: number): number =>
  Math.min(Math.max(...values), Math.max(Math.min(...values), estimate));

/**
 * The mean of a few values with Student's t interval: x̄ ± t·s/√n, t the two-sided quantile of n − 1 degrees of freedom. One value has
 * an interval without ends.
 */
export function meanInterval(values: readonly number[], level = 0.95): Interval {
  const estimate = between(values, mean([...values]));
  if (values.length < 2) return { estimate, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const half =
    (studentQuantile(level, values.length - 1) * sampleStandardDeviation([...values])) / Math.sqrt(values.length);
  return { estimate, low: estimate - half, high: estimate + half };
}

/** The geometric mean of positive values with the interval of their logarithms: for times and losses, which differ by factors. */
export function geometricInterval(values: readonly number[], level = 0.95): Interval {
  const { estimate, low, high } = meanInterval(values.map(Math.log), level);
  return { estimate: between(values, Math.exp(estimate)), low: Math.exp(low), high: Math.exp(high) };
}

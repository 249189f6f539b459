import { linearRegression, median } from 'simple-statistics';

/** Below this, relative to the first error, the differences are rounding. */
const floor = 1e-14;

/** Errors as long as they fall and are above rounding. */
function falling(errors: readonly number[]): number[] {
  const kept: number[] = [];
  for (const e of errors) {
    if (!(e > floor * Math.max(errors[0]!, 1e-300)) || !Number.isFinite(e)) break;
    if (kept.length > 0 && e >= kept.at(-1)!) break;
    kept.push(e);
  }
  return kept;
}

/**
 * The order p of convergence e₊ ≈ C·eᵖ from errors of successive iterates: the median over the last three of
 * ln(e₊₂/e₊₁)/ln(e₊₁/e). 1 is linear, 2 quadratic. Undefined for fewer than three errors that fall.
 */
export function convergenceOrder(errors: readonly number[]): number | undefined {
  const e = falling(errors);
  const orders = e.slice(2).map((last, i) => Math.log(last / e[i + 1]!) / Math.log(e[i + 1]! / e[i]!));
  return orders.length === 0 ? undefined : median(orders.slice(-3));
}

/** The rate of linear convergence e₊/e: the geometric mean over the second half of the errors that fall; undefined for fewer than two. */
export function convergenceRate(errors: readonly number[]): number | undefined {
  const e = falling(errors);
  if (e.length < 2) return undefined;
  const from = Math.floor((e.length - 1) / 2);
  return (e.at(-1)! / e[from]!) ** (1 / (e.length - 1 - from));
}

/** A least-squares slope with its standard error. */
export interface Slope {
  readonly slope: number;
  readonly standardError: number;
}

/** The exponent a in y ≈ c·xᵃ, by least squares on logarithms. Needs three points for a standard error. */
export function powerLaw(points: readonly (readonly [number, number])[]): Slope {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const { m: slope, b } = linearRegression(logs);
  const centre = logs.reduce((sum, [x]) => sum + x!, 0) / logs.length;
  const spread = logs.reduce((sum, [x]) => sum + (x! - centre) ** 2, 0);
  const squares = logs.reduce((sum, [x, y]) => sum + (y! - b - slope * x!) ** 2, 0);
  return { slope, standardError: Math.sqrt(squares / (logs.length - 2) / spread) };
}

import type { LeastSquaresResult } from '../result.js';

/** What must agree for two fits to be one minimum. */
export type Likeness = 'parameters' | 'residuals';

/** A minimum, and the starts that led to it. */
export interface Minimum<R extends LeastSquaresResult = LeastSquaresResult> {
  /** The fit of lowest cost among those that ended here. */
  readonly fit: R;
  readonly count: number;
  /** Indices of the start points. */
  readonly starts: readonly number[];
}

function parametersAgree(
  a: LeastSquaresResult,
  b: LeastSquaresResult,
  sizes: Float64Array,
  tolerance: number,
): boolean {
  return a.parameters.every((p, j) => {
    const q = b.parameters[j]!;
    return Math.abs(p - q) <= tolerance * Math.max(Math.abs(p), Math.abs(q), sizes[j]!);
  });
}

/** ‖ra − rb‖ ≤ tolerance·‖r‖, or both tiny beside the largest residuals met. */
function residualsAgree(a: LeastSquaresResult, b: LeastSquaresResult, tolerance: number, largest: number): boolean {
  let [apart, size] = [0, 0];
  a.residuals.forEach((r, i) => {
    const s = b.residuals[i]!;
    apart += (r - s) ** 2;
    size += r * r + s * s;
  });
  return Math.sqrt(apart) <= tolerance * Math.max(Math.sqrt(size), tolerance * largest);
}

/** Which fit of a run of fits by index. */
export interface IndexedFit<R extends LeastSquaresResult> {
  readonly fit: R;
  readonly start: number;
}

export interface DistinctOptions {
  readonly likeness: Likeness;
  readonly tolerance: number;
  /** What a parameter that is nearly zero is compared with. */
  readonly sizes: Float64Array;
}

/** The distinct minima among fits, the lowest first. Cost: fits × minima comparisons of n or m numbers. */
export function distinctMinima<R extends LeastSquaresResult>(
  fits: readonly IndexedFit<R>[],
  { likeness, tolerance, sizes }: DistinctOptions,
): Minimum<R>[] {
  const sorted = [...fits].sort((a, b) => a.fit.cost - b.fit.cost || a.start - b.start);
  const largest = sorted.length > 0 ? Math.sqrt(2 * sorted[sorted.length - 1]!.fit.cost) : 0;
  const agree = (a: R, b: R): boolean =>
    likeness === 'parameters' ? parametersAgree(a, b, sizes, tolerance) : residualsAgree(a, b, tolerance, largest);
  const found: { fit: R; starts: number[] }[] = [];
  for (const { fit, start } of sorted) {
    const known = found.find((minimum) => agree(minimum.fit, fit));
    if (known) known.starts.push(start);
    else found.push({ fit, starts: [start] });
  }
  return found.map(({ fit, starts }) => ({ fit, count: starts.length, starts: starts.sort((a, b) => a - b) }));
}

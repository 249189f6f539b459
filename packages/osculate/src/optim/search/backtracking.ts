import type { Line, LineSearch } from './line-search.js';

export interface BacktrackingOptions {
  /** c in f(θ + t·d) ≤ f + c·t·∇fᵀd (1e-4). */
  readonly decrease?: number;
  /** Trials at most (60). */
  readonly trials?: number;
}

/** The minimiser of the parabola through f, its slope and the trial, kept in [0.1, 0.5] of the rate; half where it has none. */
function shrunk({ value, slope }: Line, rate: number, trial: number): number {
  const minimizer = (-slope * rate * rate) / (2 * (trial - value - slope * rate));
  return Number.isFinite(minimizer) ? Math.min(0.5 * rate, Math.max(0.1 * rate, minimizer)) : 0.1 * rate;
}

/** Armijo backtracking with quadratic interpolation (Nocedal and Wright 2006, section 3.5). One value of f a trial. */
export function backtracking({ decrease = 1e-4, trials = 60 }: BacktrackingOptions = {}): LineSearch {
  return async (line, first) => {
    let rate = first;
    for (let trial = 0; trial < trials; trial++) {
      const point = await line.at(rate);
      if (point.value <= line.value + decrease * rate * line.slope + line.roundoff) return point;
      rate = shrunk(line, rate, point.value);
    }
    return null;
  };
}

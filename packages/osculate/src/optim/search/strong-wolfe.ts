import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import type { Line, LineSearch, LineSlope } from './line-search.js';

export interface StrongWolfeOptions {
  /** c₁: sufficient decrease f(t) ≤ f(0) + c₁·t·f'(0) (1e-4). */
  readonly decrease?: number;
  /** c₂: curvature |f'(t)| ≤ c₂·|f'(0)| (0.9). */
  readonly curvature?: number;
  /** Trials at most, in each of the two phases (40). */
  readonly trials?: number;
}

const strongWolfeOptions: OptionNames<StrongWolfeOptions> = { decrease: 1, curvature: 1, trials: 1 };

type End = Pick<LineSlope, 'rate' | 'value' | 'slope'>;

/** The minimiser of the cubic that has the values and slopes of both ends (Nocedal and Wright 2006, equation 3.59). */
function cubicMinimizer(a: End, b: End): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.rate - b.rate);
  const d2 = Math.sign(b.rate - a.rate) * Math.sqrt(d1 * d1 - a.slope * b.slope);
  return b.rate - ((b.rate - a.rate) * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
}

/** A rate strictly inside the bracket: the cubic's where it is at least a tenth from both ends, the middle otherwise. */
function inside(low: End, high: End): number {
  const [from, to] = [Math.min(low.rate, high.rate), Math.max(low.rate, high.rate)];
  const rate = Number.isFinite(high.value) ? cubicMinimizer(low, high) : Number.NaN;
  const margin = 0.1 * (to - from);
  return rate >= from + margin && rate <= to - margin ? rate : from + 0.5 * (to - from);
}

/** Algorithm 3.6: shrinks a bracket whose lower end is the best point so far that decreases f enough. */
async function zoom(line: Line, low: End, high: End, options: Required<StrongWolfeOptions>): Promise<LineSlope | null> {
  let best: LineSlope | null = 'parameters' in low ? (low as LineSlope) : null;
  for (let trial = 0; trial < options.trials; trial++) {
    const rate = inside(low, high);
    if (rate === low.rate || rate === high.rate) break;
    const point = await line.slopeAt(rate);
    const enough = line.value + options.decrease * rate * line.slope + line.roundoff;
    if (!(point.value <= enough) || point.value >= low.value + line.roundoff) {
      high = point;
      continue;
    }
    if (Math.abs(point.slope) <= -options.curvature * line.slope) return point;
    if (point.slope * (high.rate - low.rate) >= 0) high = low;
    low = point;
    best = point;
  }
  return best;
}

/**
 * A rate that satisfies the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6), by cubic interpolation. Where
 * none is found to the accuracy of f, the best point that decreases f enough, or null. One gradient a trial.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: bfgs({ search: strongWolfe({ curvature: 0.5 }) }) });
 */
export function strongWolfe(options: StrongWolfeOptions = {}): LineSearch<LineSlope> {
  checkNames('strongWolfe', options, strongWolfeOptions);
  const all = { decrease: 1e-4, curvature: 0.9, trials: 40, ...options };
  return async (line, first) => {
    let previous: End = { rate: 0, value: line.value, slope: line.slope };
    let rate = first;
    for (let trial = 0; trial < all.trials; trial++) {
      const point = await line.slopeAt(rate);
      const enough = line.value + all.decrease * rate * line.slope + line.roundoff;
      if (!(point.value <= enough) || (trial > 0 && point.value >= previous.value))
        return zoom(line, previous, point, all);
      if (Math.abs(point.slope) <= -all.curvature * line.slope) return point;
      if (point.slope >= 0) return zoom(line, point, previous, all);
      previous = point;
      rate *= 2;
    }
    return 'parameters' in previous ? (previous as LineSlope) : null;
  };
}

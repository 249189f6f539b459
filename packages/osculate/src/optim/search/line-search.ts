import type { Rows } from '../../data/source.js';
import { allFinite, dotInOrder, moved, unitRoundoff, type Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import { allRows } from '../../objective/rows.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';

/** A point on a search line θ + rate·d. */
export interface LinePoint {
  readonly rate: number;
  readonly value: number;
  readonly parameters: Vector;
}

/** A point whose derivative along the line is known, too. */
export interface LineSlope extends LinePoint {
  readonly gradient: Vector;
  /** ∇fᵀd. */
  readonly slope: number;
}

/** The objective along a descent direction. What is not finite counts as +∞, and is never stepped on. */
export interface Line {
  /** f and its (negative) slope at rate 0. */
  readonly value: number;
  readonly slope: number;
  /** The rounding error of f: no decrease below it can be asked for. */
  readonly roundoff: number;
  at(rate: number): Promise<LinePoint>;
  slopeAt(rate: number): Promise<LineSlope>;
}

/** Finds an acceptable point of a line from a first trial rate, or none. */
export type LineSearch<P extends LinePoint = LinePoint> = (line: Line, first: number) => Promise<P | null>;

/** The line through θ along d over rows of an objective (default: all), of which value and gradient at θ are given. */
export function lineOf(
  objective: Objective,
  theta: Vector,
  value: number,
  gradient: ArrayLike<number>,
  d: ArrayLike<number>,
  rows: Rows = allRows(objective.rows),
): Line {
  const finite = (f: number): number => (Number.isFinite(f) ? f : Number.POSITIVE_INFINITY);
  return {
    value,
    slope: dotInOrder(gradient, d),
    roundoff: 2 * unitRoundoff(objective.layout.dtype) * Math.abs(value),
    at: async (rate) => {
      const parameters = moved(theta, d, rate);
      return { rate, parameters, value: finite(await objective.value(parameters, rows)) };
    },
    slopeAt: async (rate) => {
      const parameters = moved(theta, d, rate);
      const result = await objective.valueAndGradient(parameters, rows);
      const value = allFinite(result.gradient) ? finite(result.value) : Number.POSITIVE_INFINITY;
      return { rate, parameters, value, gradient: result.gradient, slope: dotInOrder(result.gradient, d) };
    },
  };
}

/**
 * No search: the first rate, as long as f is finite there. For teaching, and where the model is known to be good.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: newton({ search: fullStep }) });
 */
export const fullStep: LineSearch = async (line, first) => {
  const point = await line.at(first);
  return Number.isFinite(point.value) ? point : null;
};

export interface BacktrackingOptions {
  /** c in f(θ + t·d) ≤ f + c·t·∇fᵀd (1e-4). */
  readonly decrease?: number;
  /** Trials at most (60). */
  readonly trials?: number;
}

const backtrackingOptions: OptionNames<BacktrackingOptions> = { decrease: 1, trials: 1 };

/** The minimiser of the parabola through f, its slope and the trial, kept in [0.1, 0.5] of the rate; half where it has none. */
function shrunk({ value, slope }: Line, rate: number, trial: number): number {
  const minimizer = (-slope * rate * rate) / (2 * (trial - value - slope * rate));
  return Number.isFinite(minimizer) ? Math.min(0.5 * rate, Math.max(0.1 * rate, minimizer)) : 0.1 * rate;
}

/**
 * Armijo backtracking with quadratic interpolation (Nocedal and Wright 2006, section 3.5). One value of f a trial.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: newton({ search: backtracking({ trials: 20 }) }) });
 */
export function backtracking(options: BacktrackingOptions = {}): LineSearch {
  checkNames('backtracking', options, backtrackingOptions);
  const { decrease = 1e-4, trials = 60 } = options;
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

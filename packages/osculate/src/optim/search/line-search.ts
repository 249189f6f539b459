import type { Objective, Rows, Vector } from '../objective.js';
import { allFinite, allRows } from '../optimizer.js';
import { dot, moved, unitRoundoff } from '../vector.js';

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
    slope: dot(gradient, d),
    roundoff: 2 * unitRoundoff(objective.layout.dtype) * Math.abs(value),
    at: async (rate) => {
      const parameters = moved(theta, d, rate);
      return { rate, parameters, value: finite(await objective.value(parameters, rows)) };
    },
    slopeAt: async (rate) => {
      const parameters = moved(theta, d, rate);
      const result = await objective.valueAndGradient(parameters, rows);
      const value = allFinite(result.gradient) ? finite(result.value) : Number.POSITIVE_INFINITY;
      return { rate, parameters, value, gradient: result.gradient, slope: dot(result.gradient, d) };
    },
  };
}

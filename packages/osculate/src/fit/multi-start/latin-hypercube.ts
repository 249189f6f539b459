import type { Generator } from '../../tensor/random.js';

/** A side of a box of start points; between two positive ends it may be drawn evenly in the logarithm. */
export interface StartRange {
  readonly lower: number;
  readonly upper: number;
  readonly logarithmic: boolean;
}

function between({ lower, upper, logarithmic }: StartRange, share: number): number {
  if (lower === upper) return lower;
  const at = logarithmic ? lower * (upper / lower) ** share : lower + (upper - lower) * share;
  return Math.min(Math.max(at, lower), upper);
}

/**
 * A Latin hypercube of `count` points (McKay, Beckman and Conover 1979): of the `count` equal parts of each side, every one holds the
 * coordinate of one point, at random within it, and sides are paired at random.
 */
export function latinHypercube(ranges: readonly StartRange[], count: number, random: Generator): Float64Array[] {
  const points = Array.from({ length: count }, () => new Float64Array(ranges.length));
  ranges.forEach((range, j) => {
    random.permutation(count).forEach((part, i) => {
      points[i]![j] = between(range, (part + random.uniform()) / count);
    });
  });
  return points;
}

import { InputError, ShapeError } from '../tensor/errors.js';
import { requireNumbers, requireObject } from './checks.js';

/** Box constraints lower ≤ p ≤ upper; −∞ and ∞ where there is none. Equal bounds fix a parameter. */
export interface Bounds {
  /** Least values; −∞ where there is none. */
  readonly lower?: ArrayLike<number>;
  /** Greatest values; ∞ where there is none. */
  readonly upper?: ArrayLike<number>;
}

/** [lower, upper] by name; parameters that are not named have no bounds. */
export type NamedBounds = Readonly<Record<string, readonly [lower: number, upper: number]>>;

function isSides(given: Bounds | NamedBounds, names: readonly string[]): given is Bounds {
  return Object.keys(given).every((key) => (key === 'lower' || key === 'upper') && !names.includes(key));
}

/** Bounds in the order of the names. @throws InputError for a name that is not there, or what is no pair of numbers. */
export function boundsInOrder(what: string, given: Bounds | NamedBounds | undefined, names: readonly string[]): Bounds {
  if (given === undefined) return {};
  requireObject(`${what}: bounds`, given, '{ lower, upper } with a number a parameter each, or pairs by name');
  if (isSides(given, names)) {
    for (const side of ['lower', 'upper'] as const)
      if (given[side] !== undefined) requireNumbers(`${what}: ${side} bounds`, given[side]);
    return given;
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new InputError(`${what}: bounds: there is no parameter "${unknown}"; there are ${names.join(', ')}`);
  for (const [name, pair] of Object.entries(given)) {
    requireNumbers(`${what}: the bounds of ${name}`, pair);
    if (pair.length !== 2)
      throw new InputError(`${what}: the bounds of ${name} are ${pair.length} numbers; give [lower, upper]`);
  }
  return {
    lower: names.map((name) => given[name]?.[0] ?? Number.NEGATIVE_INFINITY),
    upper: names.map((name) => given[name]?.[1] ?? Number.POSITIVE_INFINITY),
  };
}

/** Both bounds of every parameter. */
export class Box {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** False when nothing is bounded. */
  readonly bounded: boolean;

  /** InputError when a bound is NaN or crossed, ShapeError when there are not n of them. */
  constructor({ lower, upper }: Bounds, names: readonly string[]) {
    const n = names.length;
    for (const [side, given] of Object.entries({ lower, upper })) {
      if (given !== undefined && given.length !== n)
        throw new ShapeError(`leastSquares: there are ${given.length} ${side} bounds for ${n} parameters`);
    }
    this.lower = lower ? Float64Array.from(lower) : new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
    this.upper = upper ? Float64Array.from(upper) : new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    names.forEach((name, j) => {
      if (
        this.lower[j]! <= this.upper[j]! &&
        this.lower[j]! < Number.POSITIVE_INFINITY &&
        this.upper[j]! > Number.NEGATIVE_INFINITY
      )
        return;
      throw new InputError(
        `leastSquares: the bounds of ${name} are [${this.lower[j]}, ${this.upper[j]}]; the lower must not exceed the upper`,
      );
    });
    this.bounded = [...this.lower].some(Number.isFinite) || [...this.upper].some(Number.isFinite);
  }

  /** Moves x into the box, in place. */
  clamp(x: Float64Array): void {
    if (!this.bounded) return;
    for (let j = 0; j < x.length; j++) x[j] = Math.min(Math.max(x[j]!, this.lower[j]!), this.upper[j]!);
  }

  /** −1 where x lies on the lower bound, 1 on the upper, 0 inside. */
  side(x: Float64Array, j: number): number {
    if (x[j]! <= this.lower[j]!) return -1;
    return x[j]! >= this.upper[j]! ? 1 : 0;
  }

  /** Writes 1 for each parameter that may move: one inside, or at a bound that the descent direction −g leads away from. */
  free(x: Float64Array, gradient: Float64Array, result: Int8Array): void {
    for (let j = 0; j < x.length; j++) {
      const side = this.bounded ? this.side(x, j) : 0;
      const held = side !== 0 && (side * gradient[j]! <= 0 || this.lower[j] === this.upper[j]);
      result[j] = held ? 0 : 1;
    }
  }
}

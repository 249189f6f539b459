import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { requireFunction, requireNumberOptions, requireNumbers, requireObject, show } from '../checks.js';

/** A fit with one parameter held fast. */
export interface ProfileFit {
  readonly parameters: ArrayLike<number>;
  /** Σ r² there. */
  readonly sumOfSquares: number;
}

export interface ProfileOptions {
  /** The parameter, by index. */
  readonly index: number;
  /** All parameters of the best fit. */
  readonly parameters: ArrayLike<number>;
  /** Σ r² at the solution. */
  readonly sumOfSquares: number;
  /** Standard error of the parameter: the length of the first step. */
  readonly standardError: number;
  /** Degrees of freedom s² = Σ r²/ν; with absolute sigmas s² = 1. */
  readonly variance: number;
  /** Of Student's distribution (or the normal one for absolute sigmas) at the wanted level; see `studentQuantile`. */
  readonly quantile: number;
  /** Lower bound of the parameter (default none). */
  readonly lower?: number;
  /** Upper bound of the parameter (default none). */
  readonly upper?: number;
  /** Fits all other parameters, with this one at `value`, from a start that has it there. */
  readonly refit: (value: number, start: Float64Array) => ProfileFit;
}

const profileOptions: OptionNames<ProfileOptions> = {
  index: 1,
  parameters: 1,
  sumOfSquares: 1,
  standardError: 1,
  variance: 1,
  quantile: 1,
  lower: 1,
  upper: 1,
  refit: 1,
};

/** A point of the profile: τ = ±√((S(θ) − S)/s²), which is (θ − θ̂)/standardError for a linear model. */
export interface ProfilePoint {
  readonly value: number;
  readonly tau: number;
}

/** What `profileInterval` found. */
export interface ProfileInterval {
  /** −∞ where the profile never rises to the quantile, or the bound where that comes first. */
  readonly lower: number;
  /** ∞ likewise. */
  readonly upper: number;
  /** All fits made, by value: a curved line of τ over θ shows how far from linear the model is. */
  readonly profile: readonly ProfilePoint[];
  /** The fit with the lowest sum of squares met, when one is lower than the fit given: then that was no minimum, start again from it. */
  readonly better: ProfileFit | null;
}

/** Each is twice as long as the last; 2⁴⁰ standard errors without a crossing is none. */
const DOUBLINGS = 40;
const REFINEMENTS = 60;

/** Relative accuracy of the ends. */
const ACCURACY = 1e-10;

/** One side of the profile: fits along it, each from the last one's parameters. */
class Side {
  readonly points: ProfilePoint[] = [];
  best: ProfileFit | null = null;
  private start: Float64Array;

  constructor(
    private readonly options: ProfileOptions,
    private readonly sign: -1 | 1,
  ) {
    this.start = Float64Array.from(options.parameters);
  }

  /** |τ| with the parameter `distance` away from the best fit. */
  tau(distance: number): number {
    const { index, parameters, refit, sumOfSquares, variance } = this.options;
    const value = parameters[index]! + this.sign * distance;
    const start = this.start.slice();
    start[index] = value;
    const fit = refit(value, start);
    if (fit.sumOfSquares < (this.best?.sumOfSquares ?? sumOfSquares)) this.best = fit;
    // A region where the model has no finite value bounds the interval like a wall.
    if (!Number.isFinite(fit.sumOfSquares)) return Number.POSITIVE_INFINITY;
    this.start = Float64Array.from(fit.parameters);
    const tau = Math.sqrt(Math.max(0, fit.sumOfSquares - sumOfSquares) / variance);
    this.points.push({ value, tau: this.sign * tau });
    return tau;
  }

  /** The distance at which |τ| reaches the quantile; ∞ when it does not before `limit`. */
  crossing(limit: number): number {
    const { quantile, standardError } = this.options;
    let [inner, innerTau] = [0, 0];
    let outer = Math.min(limit, quantile * standardError);
    let outerTau = this.tau(outer);
    for (let k = 0; k < DOUBLINGS && outerTau < quantile; k++) {
      if (outer >= limit) return limit;
      [inner, innerTau] = [outer, outerTau];
      outer = Math.min(limit, 2 * outer);
      outerTau = this.tau(outer);
    }
    return outerTau < quantile ? Number.POSITIVE_INFINITY : this.refine([inner, innerTau], [outer, outerTau]);
  }

  /** Regula falsi between two distances, weighted as in the Illinois method; bisection where τ is infinite. */
  private refine(inner: readonly [number, number], outer: readonly [number, number]): number {
    const { quantile } = this.options;
    let [a, below] = [inner[0], inner[1] - quantile];
    let [b, above] = [outer[0], outer[1] - quantile];
    let last = 0;
    for (let k = 0; k < REFINEMENTS && b - a > ACCURACY * b && above !== 0; k++) {
      const middle = Number.isFinite(above) ? b - (above * (b - a)) / (above - below) : (a + b) / 2;
      const excess = this.tau(middle) - quantile;
      if (Math.abs(excess) <= ACCURACY * quantile) return middle;
      if (excess < 0) {
        [a, below] = [middle, excess];
        if (last < 0) above /= 2;
      } else {
        [b, above] = [middle, excess];
        if (last > 0) below /= 2;
      }
      last = Math.sign(excess);
    }
    return b;
  }
}

/**
 * The interval of a parameter by its profile: all θ for which the best fit with the parameter held at θ has (S(θ) − S)/s² ≤ quantile²
 * (Bates and Watts 1988, chapter 6). It needs no linear model, and may lie unevenly about the estimate or be open on a side. Cost: a fit of
 * the other parameters a point, 10 to 20 in all.
 * @example
 * // A mean, whose profile is a parabola: the interval of Student's distribution.
 * const options = { index: 0, parameters: [3], sumOfSquares: 14, standardError: 1.5275, variance: 7, quantile: 4.303 };
 * const refit = (value: number) => ({ parameters: [value], sumOfSquares: 14 + 3 * (value - 3) ** 2 });
 * profileInterval({ ...options, refit }).upper // 9.573
 * @throws InputError for an index, standard error, variance or quantile that cannot be.
 */
export function profileInterval(options: ProfileOptions): ProfileInterval {
  checkNames('profileInterval', options, profileOptions);
  requireObject('profileInterval: the options', options, '{ index, parameters, sumOfSquares, refit, … }');
  const { index, parameters, standardError, variance, quantile } = options;
  requireNumbers('profileInterval: parameters', parameters);
  requireFunction('profileInterval: refit', options.refit);
  requireNumberOptions('profileInterval', {
    sumOfSquares: options.sumOfSquares,
    lower: options.lower,
    upper: options.upper,
  });
  const value = parameters[index];
  if (value === undefined)
    throw new InputError(`profileInterval: there is no parameter ${show(index)}; there are ${parameters.length}`);
  for (const [name, number] of Object.entries({ standardError, variance, quantile })) {
    if (!(Number.isFinite(number) && number > 0))
      throw new InputError(
        `profileInterval: ${name} is ${show(number)}; it must be finite and above 0, so profile only parameters that the fit determines`,
      );
  }
  const { lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = options;
  const [down, up] = [new Side(options, -1), new Side(options, 1)];
  const low = value > lower ? value - down.crossing(value - lower) : lower;
  const high = value < upper ? value + up.crossing(upper - value) : upper;
  const profile = [...down.points, { value, tau: 0 }, ...up.points].sort((a, b) => a.value - b.value);
  const better = [down.best, up.best].filter((fit) => fit !== null).sort((a, b) => a.sumOfSquares - b.sumOfSquares)[0];
  return { lower: low, upper: high, profile, better: better ?? null };
}

import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { type Generator, generator } from '../tensor/random.js';
import type { NamedBounds } from './bounds.js';
import { numbers, requireFit, requireFunction, requireNumbers, requireObject, show } from './checks.js';
import { valuesOf } from './fitted.js';
import type { FitStatus, LeastSquaresResult } from './result.js';

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
function distinctMinima<R extends LeastSquaresResult>(
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

/** A side of a box of start points; between two positive ends it may be drawn evenly in the logarithm. */
interface StartRange {
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
function latinHypercube(ranges: readonly StartRange[], count: number, random: Generator): Float64Array[] {
  const points = Array.from({ length: count }, () => new Float64Array(ranges.length));
  ranges.forEach((range, j) => {
    random.permutation(count).forEach((part, i) => {
      points[i]![j] = between(range, (part + random.uniform()) / count);
    });
  });
  return points;
}

/** A box of start points: finite, unlike the bounds of a fit. */
export interface StartBox {
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** Where starts lie: [lower, upper] by name, or both sides as lists. */
type AnyBox = StartBox | NamedBounds;

/** A start point as the box is given: by name, or in a list. */
type PointOf<B> = B extends StartBox ? Float64Array : Readonly<Record<Extract<keyof B, string>, number>>;

/** Options of many starts. */
export interface MultiStartOptions<B = AnyBox> {
  /** Where the starts lie: pairs by name, as `{ k: [0.1, 10] }`, or `{ lower, upper }` with a number a parameter each. */
  readonly box: B;
  /** How many; default 50. */
  readonly starts?: number;
  /** Of the generator: the same seed gives the same starts; default 0. */
  readonly seed?: number;
  /** Parameters, by name or index, whose starts are spread evenly in the logarithm, for sizes known only to some decades; their box is above 0. */
  readonly logarithmic?: readonly (B extends StartBox ? number : number | Extract<keyof B, string>)[];
  /**
   * Two fits are one minimum where their `parameters` agree, the default, or their `residuals`: that also joins solutions that differ by an
   * exchange of like terms, or in parameters that the data do not determine.
   */
  readonly distinctBy?: Likeness;
  /** Relative difference up to which fits agree; default 1e-5. */
  readonly tolerance?: number;
}

const multiStartOptions: OptionNames<MultiStartOptions> = {
  box: 1,
  starts: 1,
  seed: 1,
  logarithmic: 1,
  distinctBy: 1,
  tolerance: 1,
};

/** What came of all starts. */
export interface MultiStartResult<
  R extends LeastSquaresResult = LeastSquaresResult,
  Point = Float64Array | Readonly<Record<string, number>>,
> {
  /** The fit of lowest cost, of those that converged unless none did. */
  readonly best: R;
  /** Where fits converged, the lowest cost first. A count says how much of the box leads there. */
  readonly minima: readonly Minimum<R>[];
  /** The starts whose fits did not converge, and how they ended. */
  readonly failures: readonly { readonly start: number; readonly status: FitStatus }[];
  /** The start points, in the order of the indices. */
  readonly starts: readonly Point[];
}

const FAILED: readonly FitStatus[] = ['stalled', 'max-evaluations', 'non-finite-start'];

const WHAT = 'multiStart';

function isSides(box: AnyBox): box is StartBox {
  const keys = Object.keys(box);
  return keys.length === 2 && keys.includes('lower') && keys.includes('upper');
}

/** Both sides as lists, and the names, or null without any. */
function sidesOf(box: AnyBox): { lower: ArrayLike<number>; upper: ArrayLike<number>; names: readonly string[] | null } {
  requireObject(`${WHAT}: the box`, box, 'pairs of ends by name, as { k: [0.1, 10] }, or { lower, upper }');
  if (isSides(box))
    return { lower: numbers(`${WHAT}: lower`, box.lower), upper: numbers(`${WHAT}: upper`, box.upper), names: null };
  const names = Object.keys(box);
  const pairs = Object.entries(box).map(([name, pair]) => {
    requireNumbers(`${WHAT}: the box of ${name}`, pair);
    if (pair.length !== 2) throw new InputError(`${WHAT}: the box of ${name} has ${pair.length} ends; give two`);
    return pair;
  });
  return { lower: pairs.map(([lower]) => lower), upper: pairs.map(([, upper]) => upper), names };
}

interface Ranges {
  readonly ranges: readonly StartRange[];
  readonly names: readonly string[] | null;
}

function checkedRanges({ box, logarithmic = [] }: MultiStartOptions): Ranges {
  const { lower, upper, names } = sidesOf(box);
  const n = lower.length;
  if (n === 0 || upper.length !== n)
    throw new ShapeError(`${WHAT}: the box has ${n} lower and ${upper.length} upper ends; give one pair a parameter`);
  if (!Array.isArray(logarithmic))
    throw new InputError(`${WHAT}: logarithmic is ${show(logarithmic)}; give a list of parameters`);
  const outside = logarithmic.find((j) => names?.includes(j) !== true && !(Number.isInteger(j) && j >= 0 && j < n));
  if (outside !== undefined)
    throw new InputError(`${WHAT}: logarithmic names parameter ${outside}, counted from 0; there are ${n}`);
  const ranges = Array.from({ length: n }, (_, j) => {
    const name = names ? names[j]! : `parameter ${j} (counted from 0)`;
    const spread = logarithmic.includes(j) || (names !== null && logarithmic.includes(name));
    const range = { lower: lower[j]!, upper: upper[j]!, logarithmic: spread };
    const finite = Number.isFinite(range.lower) && Number.isFinite(range.upper);
    if (!finite || range.lower > range.upper)
      throw new InputError(
        `${WHAT}: the box of ${name} is [${range.lower}, ${range.upper}]; give two finite ends, the lower first`,
      );
    if (range.logarithmic && range.lower <= 0)
      throw new InputError(`${WHAT}: ${name} is logarithmic and its box begins at ${range.lower}; begin above 0`);
    return range;
  });
  return { ranges, names };
}

/**
 * Runs a fit from many start points and tells the minima apart: `fit` is called with each point of a Latin hypercube in the box, and may be
 * any of `leastSquares`, `curveFit`, `orthogonalDistanceFit` and `variableProjection`, with bounds of its own. The same seed gives the same result. Cost: `starts`
 * fits.
 *
 * @example
 * const data = { x: [0, 1, 2, 3], y: [4.1, 1.6, 0.8, 0.5] };
 * const model = (x: Tensor, { a, k }: Record<'a' | 'k', Tensor>) => a.mul(x.mul(k).neg().exp());
 * const { best } = multiStart((start) => curveFit(model, data, { start }), { box: { a: [0, 10], k: [1e-3, 1e3] }, logarithmic: ['k'] });
 * best.values.k; // 0.8459…
 * @throws InputError or ShapeError for a box that is not finite or is crossed, or options out of range.
 */
export function multiStart<R extends LeastSquaresResult, const B extends AnyBox>(
  fit: (start: PointOf<B>) => R,
  options: MultiStartOptions<B>,
): MultiStartResult<R, PointOf<B>>;
export function multiStart<R extends LeastSquaresResult>(
  fit: (start: Float64Array | Readonly<Record<string, number>>) => R,
  options: MultiStartOptions,
): MultiStartResult<R> {
  requireFunction(`${WHAT}: the fit`, fit);
  requireObject(`${WHAT}: the options`, options, 'an object with a box');
  checkNames(WHAT, options, multiStartOptions);
  const { starts: count = 50, seed = 0, distinctBy: likeness = 'parameters', tolerance = 1e-5 } = options;
  if (!(Number.isInteger(count) && count > 0))
    throw new InputError(`${WHAT}: starts is ${show(count)}; give a whole number above 0`);
  if (!(typeof tolerance === 'number' && tolerance > 0))
    throw new InputError(`${WHAT}: tolerance is ${show(tolerance)}; give a number above 0`);
  const { ranges, names } = checkedRanges(options);
  const starts = latinHypercube(ranges, count, generator(seed)).map((point) =>
    names ? valuesOf(names, point) : point,
  );
  const copy = (point: (typeof starts)[number]) => (point instanceof Float64Array ? point.slice() : { ...point });
  const fits = starts.map((point, start): IndexedFit<R> => {
    const found = fit(copy(point));
    requireFit(`${WHAT}: what the function returned`, found);
    return { fit: found, start };
  });
  const converged = fits.filter((f) => !FAILED.includes(f.fit.status));
  // A thousandth of the box, or the least that a size of unknown decade may be.
  const sizes = Float64Array.from(ranges, (r) => (r.logarithmic ? r.lower : 1e-3 * (r.upper - r.lower)));
  const minima = distinctMinima(converged, { likeness, tolerance, sizes });
  const lowest = (a: IndexedFit<R>, b: IndexedFit<R>): IndexedFit<R> =>
    b.fit.cost < a.fit.cost || Number.isNaN(a.fit.cost) ? b : a;
  return {
    best: minima[0]?.fit ?? fits.reduce(lowest).fit,
    minima,
    failures: fits.filter((f) => FAILED.includes(f.fit.status)).map((f) => ({ start: f.start, status: f.fit.status })),
    starts,
  };
}

import { InputError, ShapeError } from '../tensor/errors.js';
import { generator } from '../tensor/random.js';
import { distinctMinima, type IndexedFit, type Likeness, type Minimum } from './multi-start/distinct-minima.js';
import { latinHypercube, type StartRange } from './multi-start/latin-hypercube.js';
import type { FitStatus, LeastSquaresResult } from './result.js';

/** A box of start points: finite, unlike the bounds of a fit. */
export interface StartBox {
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

export interface MultiStartOptions {
  /** Where the starts lie. */
  readonly box: StartBox;
  /** How many; default 50. */
  readonly starts?: number;
  /** Of the generator: the same seed gives the same starts; default 0. */
  readonly seed?: number;
  /** Parameters, by index, whose starts are spread evenly in the logarithm, for sizes known only to some decades; their box is above 0. */
  readonly logarithmic?: readonly number[];
  /**
   * Two fits are one minimum where their `parameters` agree, the default, or their `residuals`: that also joins solutions that differ by an
   * exchange of like terms, or in parameters that the data do not determine.
   */
  readonly distinctBy?: Likeness;
  /** Relative difference up to which fits agree; default 1e-5. */
  readonly tolerance?: number;
}

/** What came of all starts. */
export interface MultiStartResult<R extends LeastSquaresResult = LeastSquaresResult> {
  /** The fit of lowest cost, of those that converged unless none did. */
  readonly best: R;
  /** Where fits converged, the lowest cost first. A count says how much of the box leads there. */
  readonly minima: readonly Minimum<R>[];
  /** The starts whose fits did not converge, and how they ended. */
  readonly failures: readonly { readonly start: number; readonly status: FitStatus }[];
  /** The start points, in the order of the indices. */
  readonly starts: readonly Float64Array[];
}

const FAILED: readonly FitStatus[] = ['stalled', 'max-evaluations', 'non-finite-start'];

function checkedRanges({ box, logarithmic = [] }: MultiStartOptions): StartRange[] {
  const { lower, upper } = box;
  const n = lower.length;
  if (n === 0 || upper.length !== n)
    throw new ShapeError(
      `multiStart: the box has ${n} lower and ${upper.length} upper ends; give one pair a parameter`,
    );
  const outside = logarithmic.find((j) => !(Number.isInteger(j) && j >= 0 && j < n));
  if (outside !== undefined)
    throw new InputError(`multiStart: logarithmic names parameter ${outside}, counted from 0; there are ${n}`);
  return Array.from({ length: n }, (_, j) => {
    const range = { lower: lower[j]!, upper: upper[j]!, logarithmic: logarithmic.includes(j) };
    const finite = Number.isFinite(range.lower) && Number.isFinite(range.upper);
    if (!finite || range.lower > range.upper)
      throw new InputError(
        `multiStart: the box of parameter ${j} (counted from 0) is [${range.lower}, ${range.upper}]; give two finite ends, the lower first`,
      );
    if (range.logarithmic && range.lower <= 0)
      throw new InputError(
        `multiStart: parameter ${j} is logarithmic and its box begins at ${range.lower}; begin above 0`,
      );
    return range;
  });
}

/**
 * Runs a fit from many start points and tells the minima apart: `fit` is called with each point of a Latin hypercube in the box, and may be
 * any of `leastSquares`, `curveFit` and `variableProjection`, with bounds of its own. The same seed gives the same result. Cost: `starts`
 * fits.
 *
 * @example
 * multiStart((start) => curveFit(model, data, { start }), { box: { lower: [0, 1e-3], upper: [10, 1e3] }, logarithmic: [1] })
 * @throws InputError or ShapeError for a box that is not finite or is crossed, or options out of range.
 */
export function multiStart<R extends LeastSquaresResult>(
  fit: (start: Float64Array) => R,
  options: MultiStartOptions,
): MultiStartResult<R> {
  const { starts: count = 50, seed = 0, distinctBy: likeness = 'parameters', tolerance = 1e-5 } = options;
  if (!(Number.isInteger(count) && count > 0))
    throw new InputError(`multiStart: starts is ${count}; give a whole number above 0`);
  if (!(tolerance > 0)) throw new InputError(`multiStart: tolerance is ${tolerance}; give a number above 0`);
  const ranges = checkedRanges(options);
  const starts = latinHypercube(ranges, count, generator(seed));
  const fits = starts.map((point, start): IndexedFit<R> => ({ fit: fit(point.slice()), start }));
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

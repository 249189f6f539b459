import { InputError, ShapeError } from '../tensor/errors.js';
import { Box } from './bounds.js';
import { composed } from './constraints/composed.js';
import { Constraints, type Tie, unconstrained } from './constraints/constraints.js';
import { type Model, modelProblem } from './curve-fit.js';
import { type Layout, layoutOf, spread, spreadTies } from './global/layout.js';
import { type StackedSet, stacked } from './global/stacked.js';
import { type LeastSquaresOptions, solveProblem, startVector } from './least-squares.js';
import { type CheckedData, checkData, type FitData } from './residuals/fit-data.js';
import type { LeastSquaresResult } from './result.js';

/** One of several data sets. */
export interface DataSet extends FitData {
  readonly model: Model;
  /** Names of the model's parameters, in order; default: those of the whole fit. */
  readonly parameters?: readonly string[];
  /** For reports; default `set 0`, `set 1`, … */
  readonly label?: string;
}

export interface GlobalFitOptions extends Omit<LeastSquaresOptions, 'names' | 'bounds' | 'fixed' | 'tied'> {
  /** By name, for all sets, or a list of one for each set. `b[1]` is the start of the local parameter b of set 1 alone. */
  readonly start: Readonly<Record<string, number | readonly number[]>>;
  /** Parameters of which there is one for all sets; of each other there is one for each set. */
  readonly shared: readonly string[];
  /** Names of the parameters, in the order of the models; default: those of `start`, then of `fixed` and `tied`. */
  readonly names?: readonly string[];
  /** [lower, upper] by name, `b` for all sets or `b[1]` for one. */
  readonly bounds?: Readonly<Record<string, readonly [number, number]>>;
  /** Values by name, likewise. */
  readonly fixed?: Readonly<Record<string, number>>;
  /** Formulas by name, in the names of the models; they hold in each set by itself. */
  readonly tied?: Readonly<Record<string, Tie>>;
}

/** Where a set is in the result of the whole. */
export interface FittedSet {
  readonly label: string;
  /** Its residuals are those from here up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
  /** The places of its parameters among all. */
  readonly places: readonly number[];
  /** Its own, in the order of its model: for `modelAt`. */
  readonly parameters: Float64Array;
}

export interface GlobalFitResult extends LeastSquaresResult {
  readonly sets: readonly FittedSet[];
}

/** `b[1]` without its index. */
function bare(name: string): string {
  return name.replace(/\[\d+\]$/, '');
}

function startOf(
  start: GlobalFitOptions['start'],
  layout: Layout,
  others: Readonly<Record<string, unknown>>,
  sets: number,
): Float64Array {
  const given = spread('start', start, layout);
  const numbers = given.map((value, j) => {
    const { set } = layout.origins[j]!;
    const name = layout.names[j]!;
    if (typeof value === 'number') return value;
    if (value === undefined) {
      if (Object.hasOwn(others, name)) return 0;
      throw new InputError(
        `globalFit: there is no start for ${name}; give one to every parameter that is not fixed or tied`,
      );
    }
    if (set < 0 || value.length !== sets)
      throw new InputError(
        `globalFit: the start of ${bare(name)} is a list of ${value.length} for ${set < 0 ? 'a shared parameter' : `${sets} data sets`}; give a number${set < 0 ? '' : ', or one for each set'}`,
      );
    return value[set]!;
  });
  return startVector(numbers);
}

interface Setup {
  readonly layout: Layout;
  readonly start: Float64Array;
  readonly constraints: Constraints;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** All names in the order of the models, and those of each set. */
function namesOf(
  sets: readonly DataSet[],
  options: GlobalFitOptions,
): { order: readonly string[]; each: readonly (readonly string[])[] } {
  const { names, start, fixed = {}, tied = {}, shared } = options;
  const order = names ?? [...new Set([start, fixed, tied].flatMap((given) => Object.keys(given).map(bare)))];
  const each = sets.map((set) => set.parameters ?? order);
  each.forEach((list, d) => {
    const unknown = list.find((name) => !order.includes(name));
    if (unknown !== undefined)
      throw new InputError(`globalFit: parameter "${unknown}" of set ${d} has no start; there are ${order.join(', ')}`);
    if (list.length === 0 || new Set(list).size !== list.length)
      throw new InputError(`globalFit: set ${d} has the parameters (${list.join(', ')}); give each its own name`);
  });
  const idle = order.find((name) => !each.some((list) => list.includes(name)));
  if (idle !== undefined && !shared.includes(idle))
    throw new InputError(`globalFit: no data set has the parameter "${idle}"; leave it out or name it in a set`);
  return { order, each };
}

function setupOf(sets: readonly DataSet[], options: GlobalFitOptions): Setup {
  if (sets.length === 0) throw new InputError('globalFit: there are no data sets');
  const { order, each } = namesOf(sets, options);
  const layout = layoutOf(each, order, options.shared);
  const { names } = layout;
  const given = spread('fixed', options.fixed ?? {}, layout);
  const fixed = Object.fromEntries(names.flatMap((name, j) => (given[j] === undefined ? [] : [[name, given[j]]])));
  const tied = spreadTies(options.tied ?? {}, layout);
  const constraints = new Constraints('globalFit', names, { fixed, tied });
  const limits = spread('bounds', options.bounds ?? {}, layout);
  const side = (at: 0 | 1, none: number): Float64Array => Float64Array.from(limits, (pair) => pair?.[at] ?? none);
  const vector = startOf(options.start, layout, { ...fixed, ...tied }, sets.length);
  return {
    layout,
    constraints,
    start: constraints.start(vector),
    lower: side(0, Number.NEGATIVE_INFINITY),
    upper: side(1, Number.POSITIVE_INFINITY),
  };
}

/** The data of set d. @throws InputError or ShapeError that names the set. */
function checkedSet(set: DataSet, d: number): CheckedData {
  try {
    return checkData(set);
  } catch (error) {
    const message = `globalFit: set ${d}: ${(error as Error).message}`;
    if (error instanceof ShapeError) throw new ShapeError(message);
    throw new InputError(message);
  }
}

/** A set's problem in its own parameters, ties not yet put in. */
function stackedSet(
  set: DataSet,
  data: CheckedData,
  places: readonly number[],
  { layout, start, lower, upper }: Setup,
): StackedSet {
  const own = (all: Float64Array): Float64Array => Float64Array.from(places, (place) => all[place]!);
  const names = places.map((place) => layout.names[place]!);
  const box = new Box({ lower: own(lower), upper: own(upper) }, names);
  const make = () => modelProblem(set.model, own(start), data, box, unconstrained(names));
  if (typeof set.model === 'function') return { load: make, places };
  const problem = make();
  return { load: () => problem, places };
}

/**
 * Fits several data sets at once, each with its own model or the same, with some parameters in common: minimises the sum of all weighted
 * squares. A shared parameter keeps its name, a local one of set 1 is called `b[1]`. Method and further options are those of `curveFit`,
 * exact Jacobians and full Newton steps included. `fitStatistics` takes the result as a whole, `globalStatistics` also set by set. The
 * Jacobian is dense: cost and memory grow as (all observations)·(all parameters).
 *
 * @example
 * // Two decays of one rate and different amplitudes.
 * globalFit([{ model, x, y: first }, { model, x, y: second }], { start: { a: [3, 5], k: 1 }, shared: ['k'] })
 * @throws InputError for names that do not fit together, or data that cannot be, with the set and row.
 */
export function globalFit(sets: readonly DataSet[], options: GlobalFitOptions): GlobalFitResult {
  const setup = setupOf(sets, options);
  const { layout, start, constraints, lower, upper } = setup;
  const { names, places } = layout;
  const problem = stacked(
    sets.map((set, d) => stackedSet(set, checkedSet(set, d), places[d]!, setup)),
    names.length,
  );
  const bounds = constraints.bounds({ lower, upper });
  const { shared: _, start: __, fixed: ___, tied: ____, names: _____, ...rest } = options;
  const result = constraints.complete(solveProblem(composed(problem, constraints), start, names, { ...rest, bounds }));
  let to = 0;
  const fitted = sets.map(({ label, y }, d): FittedSet => {
    const from = to;
    to += y.length;
    const own = Float64Array.from(places[d]!, (place) => result.parameters[place]!);
    return { label: label ?? `set ${d}`, from, to, places: places[d]!, parameters: own };
  });
  return { ...result, sets: fitted };
}

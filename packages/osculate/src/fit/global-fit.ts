import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { Box, type NamedBounds } from './bounds.js';
import { requireNumbers, requireObject, show } from './checks.js';
import { composed } from './constraints/composed.js';
import { Constraints, unconstrained } from './constraints/constraints.js';
import { type Curve, curveAt, type Fitted, fitted, valuesOf } from './fitted.js';
import { type Layout, layoutOf, spread, spreadTies } from './global/layout.js';
import type { SetResult } from './global/result.js';
import { type StackedSet, stacked } from './global/stacked.js';
import { type LeastSquaresOptions, leastSquaresOptions, solveProblem } from './least-squares.js';
import { byNames, type Fixed, type Model, modelProblem, requireModel, type Ties } from './model.js';
import { type CheckedData, checkData, type FitData, observedOf } from './residuals/fit-data.js';
import type { LeastSquaresResult } from './result.js';
import { startVector } from './start.js';
import type { FitStatistics } from './statistics/fit-statistics.js';
import { type GlobalStatistics, globalStatistics } from './statistics/global-statistics.js';

/** One of several data sets. Its model gets its parameters by name, without the index of a set. */
export interface DataSet<P = Readonly<Record<string, Tensor>>, N = Readonly<Record<string, number>>> extends FitData {
  /** The model of this set. */
  readonly model: Model<P, N>;
  /** Names of the model's parameters, where there are fewer than those of the whole fit. */
  readonly parameters?: readonly string[];
  /** For reports; default `set 0`, `set 1`, … */
  readonly label?: string;
}

/** Options of a fit of several data sets. */
export interface GlobalFitOptions<S = GlobalStart, F = Fixed, T = Ties>
  extends Omit<LeastSquaresOptions, 'names' | 'bounds' | 'fixed' | 'tied'> {
  /** By name, for all sets, or a list of one for each set. `b[1]` is the start of the local parameter b of set 1 alone. */
  readonly start: S;
  /** Parameters of which there is one for all sets; of each other there is one for each set. */
  readonly shared: readonly string[];
  /** All names, in the order that the results have; default: those of `start`, then of `fixed` and `tied`. */
  readonly names?: readonly string[];
  /** [lower, upper] by name, `b` for all sets or `b[1]` for one. */
  readonly bounds?: NamedBounds;
  /** Values by name, likewise. */
  readonly fixed?: F;
  /** Formulas by name, in the names of the models; they hold in each set by itself. */
  readonly tied?: T;
}

const globalFitOptions: OptionNames<GlobalFitOptions> = { ...leastSquaresOptions, start: 1, shared: 1 };

/** One number by name, or one for each set. */
type GlobalStart = Readonly<Record<string, number | readonly number[]>>;

type Bare<Name> = Name extends `${infer Plain}[${string}]` ? Plain : Name;

type GlobalNames<S, F, T> = Extract<Bare<keyof S | keyof F | keyof T>, string>;

/** A set of a fit of several, with its model at the parameters found. `fitBands` takes it. */
export interface FittedSet<Name extends string = string> extends SetResult, Curve {
  /** Its parameters by name, without the index of the set. */
  readonly values: Readonly<Record<Name, number>>;
  /** Its part of `globalStatistics` with the defaults, computed when first asked for. */
  readonly statistics: FitStatistics;
}

/** A fit of several data sets. */
export interface GlobalFitResult<Name extends string = string> extends Fitted {
  /** The fit of each set, in order. */
  readonly sets: readonly FittedSet<Name>[];
}

const WHAT = 'globalFit';

/** `b[1]` without its index. */
function bare(name: string): string {
  return name.replace(/\[\d+\]$/, '');
}

function startOf(
  start: GlobalStart,
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
    requireNumbers(`${WHAT}: the start of ${name}`, value);
    if (set < 0 || value.length !== sets)
      throw new InputError(
        `globalFit: the start of ${bare(name)} is a list of ${value.length} for ${set < 0 ? 'a shared parameter' : `${sets} data sets`}; give a number${set < 0 ? '' : ', or one for each set'}`,
      );
    return value[set]!;
  });
  return startVector(WHAT, numbers);
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
  if (!Array.isArray(sets) || sets.length === 0)
    throw new InputError(`${WHAT}: there are no data sets; give a list of { model, x, y }`);
  sets.forEach((set, d) => {
    requireObject(`${WHAT}: set ${d}`, set, '{ model, x, y }');
  });
  const { start: given, fixed: held = {}, tied: ties = {}, shared } = options;
  for (const [kind, record] of Object.entries({ 'the start': given, fixed: held, tied: ties }))
    requireObject(`${WHAT}: ${kind}`, record, 'an object with names');
  if (!Array.isArray(shared)) throw new InputError(`${WHAT}: shared is ${show(shared)}; give a list of names`);
  const { order, each } = namesOf(sets, options);
  const layout = layoutOf(each, order, options.shared);
  const { names } = layout;
  const values = spread('fixed', held, layout);
  const fixed = Object.fromEntries(names.flatMap((name, j) => (values[j] === undefined ? [] : [[name, values[j]]])));
  const tied = spreadTies(ties, layout);
  const constraints = new Constraints('globalFit', names, { fixed, tied });
  const { bounds: pairs = {} } = options;
  requireObject(`${WHAT}: bounds`, pairs, 'pairs by name, as { k: [0, 1] }');
  for (const [name, pair] of Object.entries(pairs)) requireNumbers(`${WHAT}: the bounds of ${name}`, pair);
  const limits = spread('bounds', pairs, layout);
  const side = (at: 0 | 1, none: number): Float64Array => Float64Array.from(limits, (pair) => pair?.[at] ?? none);
  const vector = startOf(given, layout, { ...fixed, ...tied }, sets.length);
  return {
    layout,
    constraints,
    start: constraints.start(vector),
    lower: side(0, Number.NEGATIVE_INFINITY),
    upper: side(1, Number.POSITIVE_INFINITY),
  };
}

/** A set that was checked. */
interface CheckedSet {
  readonly what: string;
  readonly model: DataSet['model'];
  readonly data: CheckedData;
  /** Names of its model. */
  readonly own: readonly string[];
  readonly places: readonly number[];
}

/** A set's problem in its own parameters, ties not yet put in. */
function stackedSet(
  { what, model, data, own, places }: CheckedSet,
  { layout, start, lower, upper }: Setup,
): StackedSet {
  const part = (all: Float64Array): Float64Array => Float64Array.from(places, (place) => all[place]!);
  const names = places.map((place) => layout.names[place]!);
  const box = new Box({ lower: part(lower), upper: part(upper) }, names);
  const use = { what, arrangement: byNames(own), start: part(start), box, constraints: unconstrained(names) };
  const make = () => modelProblem(model, data, use);
  if (typeof model === 'function') return { load: make, places };
  const problem = make();
  return { load: () => problem, places };
}

/** The results of the sets, which know the whole for their statistics. */
function fittedSets(
  result: LeastSquaresResult,
  sets: readonly (CheckedSet & { readonly set: DataSet })[],
): readonly FittedSet[] {
  let to = 0;
  let statistics: GlobalStatistics | undefined;
  const parts = sets.map(({ set, model, data, own, places }, d): SetResult & Curve => {
    const from = to;
    to += data.y.length;
    const parameters = Float64Array.from(places, (place) => result.parameters[place]!);
    const { predictors } = data;
    return {
      ...{ label: set.label ?? `set ${d}`, from, to, places, parameters },
      ...observedOf(set, data),
      ...curveAt({ model, arrangement: byNames(own), parameters, names: own, predictors }),
    };
  });
  return parts.map((part, d) => ({
    ...part,
    values: valuesOf(sets[d]!.own, part.parameters),
    get statistics() {
      statistics ??= globalStatistics({ ...result, sets: parts });
      return statistics.sets[d]!;
    },
  }));
}

/** The observations of all sets, where all are known. */
function allObserved(sets: readonly SetResult[]): Pick<LeastSquaresResult, 'observed'> {
  const known = sets.flatMap(({ observed }) => (observed ? [observed] : []));
  if (known.length < sets.length) return {};
  const flat = (lists: readonly Float64Array[]): Float64Array => Float64Array.from(lists.flatMap((list) => [...list]));
  return { observed: { y: flat(known.map(({ y }) => y)), sigma: flat(known.map(({ sigma }) => sigma)) } };
}

/**
 * Fits several data sets at once, each with its own model or the same, with some parameters in common: minimises the sum of all weighted
 * squares. A shared parameter keeps its name, a local one of set 1 is called `b[1]`; each model gets its own by their plain names. Method and
 * further options are those of `curveFit`, exact Jacobians and full Newton steps included. The result's `sets` have values, `predict` and
 * statistics of each set; `fitReport` prints the whole. The Jacobian is dense: cost and memory grow as (all observations)·(all parameters).
 *
 * @example
 * // Two decays of one rate and different amplitudes.
 * const model = (x: Tensor, { a, k }: Record<'a' | 'k', Tensor>) => a.mul(x.mul(k).neg().exp());
 * const sets = [{ model, x: [0, 1, 2], y: [3, 1.1, 0.4] }, { model, x: [0, 1, 2], y: [5, 1.9, 0.7] }];
 * const fit = globalFit(sets, { start: { a: [3, 5], k: 1 }, shared: ['k'] });
 * fit.sets[1]!.values.a; // 5.0…
 * @throws InputError for names that do not fit together, or data that cannot be, with the set and row.
 */
export function globalFit<
  const S extends GlobalStart,
  F extends Fixed = Readonly<Record<never, number>>,
  T extends Ties = Readonly<Record<never, never>>,
>(
  sets: readonly DataSet<
    Readonly<Record<GlobalNames<S, F, T>, Tensor>>,
    Readonly<Record<GlobalNames<S, F, T>, number>>
  >[],
  options: GlobalFitOptions<S, F, T>,
): GlobalFitResult<GlobalNames<S, F, T>>;
export function globalFit(sets: readonly DataSet[], options: GlobalFitOptions): GlobalFitResult {
  requireObject(
    `${WHAT}: the options`,
    options,
    "an object with a start and the shared names, as { start: { a: 1, k: 0.5 }, shared: ['k'] }",
  );
  checkNames(WHAT, options, globalFitOptions);
  const setup = setupOf(sets, options);
  const { layout, start, constraints, lower, upper } = setup;
  const { names, places, origins } = layout;
  const checked = sets.map((set, d) => {
    const what = `${WHAT}: set ${d}`;
    requireModel(what, set.model);
    const own = places[d]!.map((place) => origins[place]!.name);
    return { what, set, model: set.model, data: checkData(what, set), own, places: places[d]! };
  });
  const problem = stacked(
    checked.map((set) => stackedSet(set, setup)),
    names.length,
  );
  const bounds = constraints.bounds({ lower, upper });
  const { shared: _, start: __, fixed: ___, tied: ____, names: _____, ...rest } = options;
  const result = constraints.complete(solveProblem(composed(problem, constraints), start, names, { ...rest, bounds }));
  const parts = fittedSets(result, checked);
  return fitted({ ...result, ...allObserved(parts), sets: parts });
}

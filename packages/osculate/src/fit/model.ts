import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import type { Box } from './bounds.js';
import { callUser, isList, numbers, requireFunction, requireNumbers, requireObject } from './checks.js';
import type { Constraints, NumericJacobian, Tie } from './constraints/constraints.js';
import type { CheckedData } from './residuals/fit-data.js';
import { numericProblem } from './residuals/numeric.js';
import type { ResidualProblem } from './residuals/problem.js';
import { remembering, type TracedProblem, tracedProblem } from './residuals/traced.js';
import { flatResiduals } from './residuals/traced-residuals.js';
import { whitened } from './residuals/whitened.js';

/** Numbers in order: an array, or a typed array. */
export type NumberList = readonly number[] | (ArrayLike<number> & ArrayBufferView);

/** One number a parameter, in order or by name. A model gets its parameters as the start has them. */
export type Start = NumberList | Readonly<Record<string, number>>;

/** A start of type S, which may be an interface. */
export type StartOf<S> = NumberList | { readonly [K in keyof S]: number };

/** Values by name. */
export type Fixed = Readonly<Record<string, number>>;

/** Formulas by name. */
export type Ties = Readonly<Record<string, Tie>>;

/** The names of a start, with those of fixed and tied parameters; any where the start is a list. */
export type NamesOf<S, F, T> = S extends NumberList ? string : Extract<keyof S | keyof F | keyof T, string>;

/** What a traced model gets: scalars, in a list as long as the start, or by name. */
export type TensorsOf<S, F, T> = S extends readonly number[]
  ? { readonly [K in keyof S]: Tensor }
  : S extends NumberList
    ? readonly Tensor[]
    : Readonly<Record<NamesOf<S, F, T>, Tensor>>;

/** What a model of plain numbers gets, likewise. */
export type NumbersOf<S, F, T> = S extends NumberList ? Float64Array : Readonly<Record<NamesOf<S, F, T>, number>>;

/** f(x, p), traced: x is [m], or [m, k] for rows of predictors; the parameters are scalars. Returns m fitted values, or one for all. */
export type TracedModel<P = readonly Tensor[]> = (x: Tensor, parameters: P) => Tensor;

/** f(x, p) of plain numbers, a point at a time. x is a row of k predictors, of one where x is a plain list. */
export interface NumericModel<P = Float64Array> {
  /** The fitted value at a point. */
  readonly model: (x: Float64Array, parameters: P) => number;
  /** ∂f/∂p at a point: n numbers in order, or by name. Default: scaled central differences. */
  readonly gradient?: (x: Float64Array, parameters: P) => ArrayLike<number> | Readonly<Record<string, number>>;
}

/** A model: traced, with exact derivatives, or of plain numbers. */
export type Model<P = readonly Tensor[], N = Float64Array> = TracedModel<P> | NumericModel<N>;

/** The model for a start, fixed and tied parameters of these types. */
export type ModelOf<S, F, T> = Model<TensorsOf<S, F, T>, NumbersOf<S, F, T>>;

/** Parameters in a list or by name. */
export type Arranged<V> = readonly V[] | Readonly<Record<string, V>>;

/** A model that is called with what suits it, which is known only when it runs. */
export type AnyModel = AnyTracedModel | AnyNumericModel;

/** A model of plain numbers, likewise. */
export type AnyNumericModel = NumericModel<ArrangedNumbers>;

/** A traced model, likewise. */
export type AnyTracedModel = TracedModel<Arranged<Tensor>>;

/** Numbers in a list or by name. */
type ArrangedNumbers = Float64Array | Readonly<Record<string, number>>;

/** How a model gets its parameters: from a list of them. */
export interface Arrangement<P, N> {
  /** The names, or null for a list. */
  readonly names: readonly string[] | null;
  tensors(values: readonly Tensor[]): P;
  numbers(values: Float64Array): N;
}

/** How a model is called. */
export interface ModelUse<P, N> {
  /** The function that was called, for messages. */
  readonly what: string;
  readonly arrangement: Arrangement<P, N>;
  readonly start: Float64Array;
  readonly box: Box;
  readonly constraints: Constraints;
}

/** That of `AnyModel`. */
export type AnyUse = ModelUse<Arranged<Tensor>, ArrangedNumbers>;

function named<V>(names: readonly string[], values: ArrayLike<V>): Record<string, V> {
  return Object.fromEntries(names.map((name, j) => [name, values[j]!]));
}

/** Whether parameters come in a list. */
export function isInOrder<V>(values: Arranged<V>): values is readonly V[] {
  return Array.isArray(values);
}

/** Parameters in order. */
export function inOrder<V>(values: Arranged<V>): readonly V[] {
  return isInOrder(values) ? values : Object.values(values);
}

/** Parameters by these names. */
export function byNames(
  names: readonly string[],
): Arrangement<Readonly<Record<string, Tensor>>, Readonly<Record<string, number>>> {
  return { names, tensors: (values) => named(names, values), numbers: (values) => named(names, values) };
}

/** Parameters in a list. */
export const inList: Arrangement<readonly Tensor[], Float64Array> = {
  names: null,
  tensors: (values) => values,
  numbers: (values) => values,
};

/** What a model is given, for messages. */
export function givenTo(names: readonly string[] | null, n: number): string {
  return names ? `x and the parameters ${names.join(', ')}` : `x and ${n} parameters, as many as the start has`;
}

/** @throws InputError for what is no model. */
export function requireModel<P, N>(what: string, model: Model<P, N>): void {
  if (typeof model === 'function') return;
  requireObject(`${what}: the model`, model, 'a function of tensors, or { model } with a function of plain numbers');
  requireFunction(`${what}: "model" of the model`, model.model);
  if (model.gradient !== undefined) requireFunction(`${what}: "gradient" of the model`, model.gradient);
}

/** ∂f/∂p in order. @throws InputError for what is neither a list nor a record of numbers. */
export function gradientRow(
  what: string,
  names: readonly string[] | null,
  given: ArrayLike<number> | Readonly<Record<string, number>>,
): ArrayLike<number> {
  const place = `${what}: the gradient`;
  if (names !== null && !isList(given)) {
    requireObject(place, given, 'numbers in order, or by name');
    return numbers(
      place,
      names.map((name) => given[name]),
    );
  }
  requireNumbers(place, given);
  return given;
}

/** Problems by model and shape. Data are inputs, so that they can change. */
const known = remembering<object, TracedProblem>();

/** What a traced model returned as m values; a scalar stands for all. @throws ShapeError, InputError or DTypeError */
function tracedValues(what: string, result: unknown, m: number): Tensor {
  const values = result instanceof Tensor && result.rank === 0 ? result.expand([m]) : flatResiduals(what, result);
  if (values.size === m) return values;
  throw new ShapeError(
    `${what}: the model returns ${describe(result instanceof Tensor ? result : values)} for ${m} rows of x; return ${m} values`,
  );
}

/** The input for rows of x. */
export function rowsInput(m: number, predictors: number): Tensor {
  return input('x', 'f64', predictors > 0 ? [m, predictors] : [m]);
}

/** The values of a traced model, of m, for inputs that stand for the parameters. */
export function traceValues<P, N>(
  model: TracedModel<P>,
  x: Tensor,
  parameters: readonly Tensor[],
  { what, arrangement, constraints }: ModelUse<P, N>,
): Tensor {
  const given = arrangement.tensors(constraints.tensors(parameters));
  const result = callUser(what, givenTo(arrangement.names, parameters.length), () => model(x, given));
  return tracedValues(what, result, x.shape[0]!);
}

function traceModel<P, N>(model: TracedModel<P>, m: number, predictors: number, use: ModelUse<P, N>): TracedProblem {
  const x = rowsInput(m, predictors);
  const y = input('y', 'f64', [m]);
  const parameters = Array.from(use.start, (_, j) => input(`parameter ${use.arrangement.names?.[j] ?? j}`, 'f64', []));
  return tracedProblem({ residuals: traceValues(model, x, parameters, use).sub(y), parameters, data: [x, y] });
}

function tracedModel<P, N>(
  model: TracedModel<P>,
  { x, y, predictors }: CheckedData,
  use: ModelUse<P, N>,
): TracedProblem {
  const key = JSON.stringify([use.start.length, y.length, predictors, use.arrangement.names, use.constraints.key]);
  const problem = known(model, key, () => traceModel(model, y.length, predictors, use));
  problem.load([x, y]);
  return problem;
}

function numericModel<P, N>(
  { model, gradient }: NumericModel<N>,
  { x, y, whitening, predictors }: CheckedData,
  { what, arrangement, start, box, constraints }: ModelUse<P, N>,
): ResidualProblem {
  const width = predictors || 1;
  const rows = Array.from(y, (_, i) => x.subarray(i * width, (i + 1) * width));
  const given = givenTo(arrangement.names, start.length);
  const residuals = (q: Float64Array): Float64Array => {
    const p = arrangement.numbers(constraints.numbers(q));
    const result = new Float64Array(y.length);
    return callUser(what, given, () => {
      for (let i = 0; i < result.length; i++) result[i] = model(rows[i]!, p) - y[i]!;
      return result;
    });
  };
  if (gradient !== undefined) {
    const jacobian = (q: Float64Array): NumericJacobian => {
      const p = arrangement.numbers(constraints.numbers(q));
      const slopes = callUser(what, given, () => rows.map((row) => gradient(row, p)));
      return constraints.pullBack(
        q,
        slopes.map((slope) => gradientRow(what, arrangement.names, slope)),
      );
    };
    const problem = numericProblem({ residuals, jacobian }, start, box);
    return whitening ? whitened(problem, whitening) : problem;
  }
  const weighted = (p: Float64Array): Float64Array => {
    const result = residuals(p);
    whitening?.apply(result);
    return result;
  };
  return numericProblem({ residuals: weighted }, start, box);
}

/** The problem of a model and checked data, weighted. A traced one is remembered with the model, for data of its shape. */
export function modelProblem<P, N>(model: Model<P, N>, data: CheckedData, use: ModelUse<P, N>): ResidualProblem {
  if (typeof model !== 'function') return numericModel(model, data, use);
  const problem = tracedModel(model, data, use);
  return data.whitening ? whitened(problem, data.whitening) : problem;
}

import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import { Box } from './bounds.js';
import { Constraints, type NumericJacobian } from './constraints/constraints.js';
import { type LeastSquaresOptions, parameterNames, solveProblem, startVector } from './least-squares.js';
import { type CheckedData, checkData, type FitData } from './residuals/fit-data.js';
import { numericProblem } from './residuals/numeric.js';
import type { ResidualProblem } from './residuals/problem.js';
import { remembering, type TracedProblem, tracedProblem } from './residuals/traced.js';
import { flatResiduals } from './residuals/traced-residuals.js';
import { whitened } from './residuals/whitened.js';
import type { LeastSquaresResult } from './result.js';

/** f(x, p), traced: x is [m], or [m, k] for rows of predictors; the parameters are scalars. Returns m fitted values. */
export type TracedModel = (x: Tensor, parameters: readonly Tensor[]) => Tensor;

/** f(x, p) of plain numbers, a point at a time. x is a row of k predictors, of one where x is a plain list. */
export interface NumericModel {
  readonly model: (x: Float64Array, parameters: Float64Array) => number;
  /** ∂f/∂p at a point, n numbers. Default: scaled central differences. */
  readonly gradient?: (x: Float64Array, parameters: Float64Array) => ArrayLike<number>;
}

export type Model = TracedModel | NumericModel;

export interface CurveFitOptions extends LeastSquaresOptions {
  /** One number a parameter, in order, or by name; by name it leaves out what is fixed or tied. The names are in the order of the model. */
  readonly start: ArrayLike<number> | Readonly<Record<string, number>>;
}

/** Problems by model and shape. Data are inputs, so that they can change. */
const known = remembering<TracedModel, TracedProblem>();

interface ModelShape {
  /** Numbers of observations and of columns of x. */
  readonly m: number;
  readonly predictors: number;
  readonly constraints: Constraints;
}

/** What a traced model returned as m values; a scalar stands for all. @throws ShapeError, InputError or DTypeError */
export function tracedValues(what: string, result: unknown, m: number): Tensor {
  const values = result instanceof Tensor && result.rank === 0 ? result.expand([m]) : flatResiduals(what, result);
  if (values.size === m) return values;
  throw new ShapeError(
    `${what}: the model returns ${describe(result as Tensor)} for ${m} rows of x; return ${m} values`,
  );
}

function traceModel(model: TracedModel, n: number, { m, predictors, constraints }: ModelShape): TracedProblem {
  const x = input('x', 'f64', predictors > 0 ? [m, predictors] : [m]);
  const y = input('y', 'f64', [m]);
  const parameters = Array.from({ length: n }, (_, j) => input(`parameter ${j}`, 'f64', []));
  const fitted = tracedValues('curveFit', model(x, constraints.tensors(parameters)), m);
  return tracedProblem({ residuals: fitted.sub(y), parameters, data: [x, y] });
}

function tracedModel(
  model: TracedModel,
  n: number,
  { x, y, predictors }: CheckedData,
  constraints: Constraints,
): TracedProblem {
  const shape = { m: y.length, predictors, constraints };
  const problem = known(model, `${n} ${y.length} ${predictors} ${constraints.key}`, () => traceModel(model, n, shape));
  problem.load([x, y]);
  return problem;
}

function numericModel(
  { model, gradient }: NumericModel,
  start: Float64Array,
  data: CheckedData,
  box: Box,
  constraints: Constraints,
): ResidualProblem {
  const { x, y, whitening } = data;
  const width = data.predictors || 1;
  const rows = Array.from(y, (_, i) => x.subarray(i * width, (i + 1) * width));
  const residuals = (q: Float64Array): Float64Array => {
    const p = constraints.numbers(q);
    return y.map((observed, i) => model(rows[i]!, p) - observed) as Float64Array;
  };
  if (gradient !== undefined) {
    const jacobian = (q: Float64Array): NumericJacobian => {
      const p = constraints.numbers(q);
      return constraints.pullBack(
        q,
        rows.map((row) => gradient(row, p)),
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

/** The problem of a model and checked data, weighted. */
export function modelProblem(
  model: Model,
  start: Float64Array,
  data: CheckedData,
  box: Box,
  constraints: Constraints,
): ResidualProblem {
  if (typeof model !== 'function') return numericModel(model, start, data, box, constraints);
  const problem = tracedModel(model, start.length, data, constraints);
  return data.whitening ? whitened(problem, data.whitening) : problem;
}

/** Start and names; a record gives both, with the fixed and tied parameters after those that it names. */
export function namedStart(options: CurveFitOptions): { vector: Float64Array; names: readonly string[] } {
  const { start, names, fixed = {}, tied = {} } = options;
  if (typeof (start as ArrayLike<number>).length === 'number') {
    const vector = startVector(start as ArrayLike<number>);
    return { vector, names: parameterNames(vector.length, names) };
  }
  const record = start as Readonly<Record<string, number>>;
  const order = names ?? [...new Set([record, fixed, tied].flatMap(Object.keys))];
  const known = (name: string): number => record[name] ?? fixed[name] ?? (Object.hasOwn(tied, name) ? 0 : Number.NaN);
  const vector = startVector(order.map(known));
  return { vector, names: parameterNames(vector.length, order) };
}

/**
 * Fits y ≈ f(x, p) by least squares: residuals f(xᵢ, p) − yᵢ, over σᵢ where `sigma` is given, or L⁻¹(f − y) for a covariance L·Lᵀ. The
 * method and the options are those of `leastSquares`. A traced model is traced once for each shape of the data and then
 * remembered with the function, with x and y as inputs, so that fits to other data of that shape need no compilation.
 *
 * @example
 * curveFit((x, [a, k]) => a!.mul(k!.mul(x).neg().exp()), { x: [0, 1, 2], y: [3, 1.1, 0.4] }, { start: { a: 1, k: 0.5 } })
 * @throws InputError that names the row for data that are not finite, ShapeError for lengths that differ.
 */
export function curveFit(model: Model, data: FitData, options: CurveFitOptions): LeastSquaresResult {
  const checked = checkData(data);
  const { vector, names } = namedStart(options);
  const constraints = new Constraints('curveFit', names, options);
  const bounds = constraints.bounds(options.bounds ?? {});
  const start = constraints.start(vector);
  const problem = modelProblem(model, start, checked, new Box(bounds, names), constraints);
  return constraints.complete(solveProblem(problem, start, names, { ...options, bounds }));
}

import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import { Box } from './bounds.js';
import { type LeastSquaresOptions, parameterNames, solveProblem, startVector } from './least-squares.js';
import { type CheckedData, checkData, type FitData } from './residuals/fit-data.js';
import { numericProblem } from './residuals/numeric.js';
import type { ResidualProblem } from './residuals/problem.js';
import { type TracedProblem, tracedProblem } from './residuals/traced.js';
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
  /** One number a parameter, in order, or by name. */
  readonly start: ArrayLike<number> | Readonly<Record<string, number>>;
}

/** Problems by model and shape: tracing and compiling cost far more than a fit. Data are inputs, so that they can change. */
const known = new WeakMap<TracedModel, Map<string, TracedProblem>>();

function traceModel(model: TracedModel, n: number, m: number, predictors: number): TracedProblem {
  const x = input('x', 'f64', predictors > 0 ? [m, predictors] : [m]);
  const y = input('y', 'f64', [m]);
  const parameters = Array.from({ length: n }, (_, j) => input(`parameter ${j}`, 'f64', []));
  const result = model(x, parameters);
  const fitted = result instanceof Tensor && result.rank === 0 ? result.expand([m]) : flatResiduals('curveFit', result);
  if (fitted.size !== m)
    throw new ShapeError(`curveFit: the model returns ${describe(result)} for ${m} rows of x; return ${m} values`);
  return tracedProblem({ residuals: fitted.sub(y), parameters, data: [x, y] });
}

function tracedModel(model: TracedModel, n: number, { x, y, predictors }: CheckedData): TracedProblem {
  const problems = known.get(model) ?? new Map<string, TracedProblem>();
  known.set(model, problems);
  const key = `${n} ${y.length} ${predictors}`;
  let problem = problems.get(key);
  if (problem === undefined) {
    problem = traceModel(model, n, y.length, predictors);
    problems.set(key, problem);
  }
  problem.load([x, y]);
  return problem;
}

function numericModel(
  { model, gradient }: NumericModel,
  start: Float64Array,
  data: CheckedData,
  box: Box,
): ResidualProblem {
  const { x, y, whitening } = data;
  const width = data.predictors || 1;
  const rows = Array.from(y, (_, i) => x.subarray(i * width, (i + 1) * width));
  const residuals = (p: Float64Array): Float64Array =>
    y.map((observed, i) => model(rows[i]!, p) - observed) as Float64Array;
  if (gradient !== undefined) {
    const problem = numericProblem({ residuals, jacobian: (p) => rows.map((row) => gradient(row, p)) }, start, box);
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
export function modelProblem(model: Model, start: Float64Array, data: CheckedData, box: Box): ResidualProblem {
  if (typeof model !== 'function') return numericModel(model, start, data, box);
  const problem = tracedModel(model, start.length, data);
  return data.whitening ? whitened(problem, data.whitening) : problem;
}

/** Start and names; a record gives both. */
function namedStart({ start, names }: CurveFitOptions): { vector: Float64Array; names: readonly string[] } {
  if (typeof (start as ArrayLike<number>).length === 'number') {
    const vector = startVector(start as ArrayLike<number>);
    return { vector, names: parameterNames(vector.length, names) };
  }
  const record = start as Readonly<Record<string, number>>;
  const order = names ?? Object.keys(record);
  const vector = startVector(order.map((name) => record[name] ?? Number.NaN));
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
  const problem = modelProblem(model, vector, checked, new Box(options.bounds ?? {}, names));
  return solveProblem(problem, vector, names, options);
}

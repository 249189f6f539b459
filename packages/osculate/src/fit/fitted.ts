import { rowsOfColumns } from '../linalg/dense/transpose.js';
import { ShapeError } from '../tensor/errors.js';
import { Box } from './bounds.js';
import { unconstrained } from './constraints/constraints.js';
import { type Arrangement, type Model, modelProblem } from './model.js';
import { type CheckedPoints, checkPoints, type Points } from './residuals/fit-data.js';
import type { ResidualProblem } from './residuals/problem.js';
import type { LeastSquaresResult } from './result.js';
import { type FitStatistics, fitStatistics } from './statistics/fit-statistics.js';

/** A fit, its parameters by name, and its statistics. */
export interface Fitted<Name extends string = string> extends LeastSquaresResult {
  /** The parameters by name: `fit.values.k`. */
  readonly values: Readonly<Record<Name, number>>;
  /** Those of `fitStatistics` with its defaults, computed when they are first asked for. */
  readonly statistics: FitStatistics;
}

/** A model's values and derivatives at some points. */
export interface ModelAt {
  /** k values. */
  readonly values: Float64Array;
  /** ∂f/∂p, row-major k×n. */
  readonly jacobian: Float64Array;
}

/** A model with the parameters that a fit found. */
export interface Curve {
  /**
   * f(x, p) at any number of points: numbers, or rows of as many predictors as the data had. A traced model is compiled for each number of
   * points; the last is kept.
   * @throws InputError for points that are not finite, ShapeError for rows of another width.
   */
  predict(x: Points): Float64Array;
  /** Values with ∂f/∂p, from which `fitBands` makes bands. @throws as `predict`. */
  at(x: Points): ModelAt;
}

/** A fitted curve. */
export interface CurveFit<Name extends string = string> extends Fitted<Name>, Curve {}

/** What a curve is made of. */
interface CurveParts<P, N> {
  readonly model: Model<P, N>;
  readonly arrangement: Arrangement<P, N>;
  readonly parameters: Float64Array;
  readonly names: readonly string[];
  /** Columns of x, 0 for a plain list. */
  readonly predictors: number;
}

/** The model at the parameters of a fit. */
export function curveAt<P, N>({ model, arrangement, parameters, names, predictors }: CurveParts<P, N>): Curve {
  const what = 'predict';
  const start = parameters.slice();
  const use = { what, arrangement, start, box: new Box({}, names), constraints: unconstrained(names) };
  // What is compiled for a number of points lives as long as the function that it was traced from: that of the last number.
  let last = { count: -1, model };
  const points = (x: Points): CheckedPoints => {
    const found = checkPoints(what, x);
    if (found.count > 0 && found.predictors !== predictors) {
      const [want, has] = [predictors, found.predictors].map((k) => (k === 0 ? 'a plain list' : `rows of ${k}`));
      throw new ShapeError(`${what}: x is ${has}, but the fit had ${want}; give ${want}`);
    }
    return found;
  };
  const problemAt = ({ data, count }: CheckedPoints): ResidualProblem => {
    if (count !== last.count) last = { count, model: typeof model === 'function' ? (x, p) => model(x, p) : model };
    // Residuals against zeros are the values.
    return modelProblem(last.model, { x: data, predictors, y: new Float64Array(count), whitening: null }, use);
  };
  const evaluated = (problem: ResidualProblem): Float64Array => {
    const values = new Float64Array(problem.size);
    problem.evaluate(start, values);
    return values;
  };
  return {
    predict: (x) => {
      const at = points(x);
      return at.count === 0 ? new Float64Array(0) : evaluated(problemAt(at));
    },
    at: (x) => {
      const at = points(x);
      if (at.count === 0) return { values: new Float64Array(0), jacobian: new Float64Array(0) };
      const problem = problemAt(at);
      const values = evaluated(problem);
      const columns = new Float64Array(problem.size * start.length);
      problem.jacobian(start, values, columns);
      return { values, jacobian: rowsOfColumns(columns, problem.size, start.length) };
    },
  };
}

/** Parameters by name. */
export function valuesOf(names: readonly string[], parameters: Float64Array): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name, j) => [name, parameters[j]!]));
}

/** A result with what follows from it. */
export function fitted<R extends LeastSquaresResult>(result: R): R & Fitted {
  let statistics: FitStatistics | undefined;
  return {
    ...result,
    values: valuesOf(result.names, result.parameters),
    get statistics() {
      statistics ??= fitStatistics(result);
      return statistics;
    },
  };
}

import { ShapeError } from '../../tensor/errors.js';
import { input } from '../../tensor/leaf.js';
import { Box } from '../bounds.js';
import type { Model, NumericModel, TracedModel } from '../curve-fit.js';
import { checkData } from '../residuals/fit-data.js';
import { numericProblem } from '../residuals/numeric.js';
import type { ResidualProblem } from '../residuals/problem.js';
import { tracedProblem } from '../residuals/traced.js';
import { flatResiduals } from '../residuals/traced-residuals.js';

/** A model's values and derivatives at some points. */
export interface ModelAt {
  /** k values. */
  readonly values: Float64Array;
  /** ∂f/∂p, row-major k×n. */
  readonly jacobian: Float64Array;
}

interface Points {
  readonly x: Float64Array;
  /** Numbers a row; 0 for a plain list. */
  readonly predictors: number;
  readonly count: number;
}

function traced(model: TracedModel, { x, predictors, count }: Points, n: number): ResidualProblem {
  const place = input('x', 'f64', predictors > 0 ? [count, predictors] : [count]);
  const parameters = Array.from({ length: n }, (_, j) => input(`parameter ${j}`, 'f64', []));
  const result = model(place, parameters);
  const residuals = result.rank === 0 ? result.expand([count]) : flatResiduals('modelAt', result);
  if (residuals.size !== count)
    throw new ShapeError(`modelAt: the model returns ${residuals.size} values for ${count} rows of x`);
  const problem = tracedProblem({ residuals, parameters, data: [place] });
  problem.load([x]);
  return problem;
}

function numeric(
  { model, gradient }: NumericModel,
  points: Points,
  at: Float64Array,
  names: readonly string[],
): ResidualProblem {
  const width = points.predictors || 1;
  const rows = Array.from({ length: points.count }, (_, i) => points.x.subarray(i * width, (i + 1) * width));
  const residuals = (p: Float64Array): number[] => rows.map((row) => model(row, p));
  const box = new Box({}, names);
  if (gradient === undefined) return numericProblem({ residuals }, at, box);
  return numericProblem({ residuals, jacobian: (p) => rows.map((row) => gradient(row, p)) }, at, box);
}

/**
 * f(x, p) and ∂f/∂p at points other than the data, for `fitBands`: exact derivatives of a traced model, those of `gradient` or central
 * differences of a plain one.
 * @throws InputError or ShapeError for points that are not finite or do not suit the model.
 */
export function modelAt(
  model: Model,
  x: ArrayLike<number> | readonly ArrayLike<number>[],
  parameters: ArrayLike<number>,
): ModelAt {
  const count = x.length;
  const checked = checkData({ x, y: new Float64Array(count) });
  const points = { x: checked.x, predictors: checked.predictors, count };
  const at = Float64Array.from(parameters);
  const n = at.length;
  const names = Array.from(at, (_, j) => `b${j + 1}`);
  const problem = typeof model === 'function' ? traced(model, points, n) : numeric(model, points, at, names);
  const [values, columns] = [new Float64Array(count), new Float64Array(count * n)];
  problem.evaluate(at, values);
  problem.jacobian(at, values, columns);
  const jacobian = new Float64Array(count * n);
  for (let i = 0; i < count; i++) for (let j = 0; j < n; j++) jacobian[i * n + j] = columns[j * count + i]!;
  return { values, jacobian };
}

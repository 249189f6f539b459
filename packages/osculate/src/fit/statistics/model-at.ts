import { rowsOfColumns } from '../../linalg/dense/transpose.js';
import { Box } from '../bounds.js';
import { unconstrained } from '../constraints/constraints.js';
import { type Model, modelProblem } from '../curve-fit.js';
import { checkData } from '../residuals/fit-data.js';

/** A model's values and derivatives at some points. */
export interface ModelAt {
  /** k values. */
  readonly values: Float64Array;
  /** ∂f/∂p, row-major k×n. */
  readonly jacobian: Float64Array;
}

/**
 * f(x, p) and ∂f/∂p at points other than the data, for `fitBands`: exact derivatives of a traced model, those of `gradient` or central
 * differences of a plain one. What `curveFit` has compiled for points of this number is used again.
 * @throws InputError or ShapeError for points that are not finite or do not suit the model.
 */
export function modelAt(
  model: Model,
  x: ArrayLike<number> | readonly ArrayLike<number>[],
  parameters: ArrayLike<number>,
): ModelAt {
  const count = x.length;
  const at = Float64Array.from(parameters);
  const n = at.length;
  const names = Array.from(at, (_, j) => `b${j + 1}`);
  // Residuals against zeros are the values.
  const data = checkData({ x, y: new Float64Array(count) });
  const problem = modelProblem(model, at, data, new Box({}, names), unconstrained(names));
  const [values, columns] = [new Float64Array(count), new Float64Array(count * n)];
  problem.evaluate(at, values);
  problem.jacobian(at, values, columns);
  return { values, jacobian: rowsOfColumns(columns, count, n) };
}

import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Box } from '../bounds.js';
import { isList, requireNumbers, show } from '../checks.js';
import { DIFFERENCE_ACCURACY, differencedCurvature, differencedJacobian } from './differences.js';
import type { ResidualProblem } from './problem.js';

/** Residuals as a function of plain numbers. */
export interface NumericResiduals {
  /** r(p), of one length m for every p. The array that is passed must not be kept or changed. */
  readonly residuals: (parameters: Float64Array) => ArrayLike<number>;
  /** ∂rᵢ/∂pⱼ, row-major m×n, or m rows of n. Default: scaled central differences. */
  readonly jacobian?: (parameters: Float64Array) => ArrayLike<number> | readonly ArrayLike<number>[];
}

function intoColumns(
  given: ArrayLike<number> | readonly ArrayLike<number>[],
  m: number,
  n: number,
  columns: Float64Array,
): void {
  if (!isList(given)) throw new InputError(`leastSquares: the Jacobian is ${show(given)}; give ${m} rows of ${n}`);
  const nested = isList(given[0]);
  const rows = given as readonly ArrayLike<number>[];
  const flat = given as ArrayLike<number>;
  if (nested ? rows.length !== m || rows.some((row) => row.length !== n) : flat.length !== m * n) {
    throw new ShapeError(
      `leastSquares: the Jacobian must have ${m} rows of ${n}, or ${m * n} elements; got ${given.length}${nested ? ` rows, the first of ${rows[0]!.length}` : ' elements'}`,
    );
  }
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) columns[j * m + i] = nested ? rows[i]![j]! : flat[i * n + j]!;
  }
}

/**
 * The problem of a function of plain numbers. With a Jacobian of its own, the curvature for the final Newton steps comes from central
 * differences of Jᵀw; without one the Jacobian comes from central differences of r, and there is no curvature.
 */
export function numericProblem(
  { residuals: f, jacobian }: NumericResiduals,
  start: Float64Array,
  box: Box,
): ResidualProblem {
  const n = start.length;
  const at = start.slice();
  box.clamp(at);
  const first = f(at);
  requireNumbers('leastSquares: what the function returns', first);
  const m = first.length;
  if (m === 0) throw new InputError('leastSquares: the function returns no residuals; return an array of them');
  const evaluate = (x: Float64Array, result: Float64Array): void => {
    const values = f(x);
    requireNumbers('leastSquares: what the function returns', values);
    if (values.length !== m) {
      throw new ShapeError(
        `leastSquares: the function returned ${m} residuals at the start and ${values.length} later`,
      );
    }
    result.set(values);
  };
  if (jacobian === undefined) {
    const differenced = differencedJacobian(evaluate, m, start, box);
    return { size: m, parameters: n, accuracy: DIFFERENCE_ACCURACY, evaluate, jacobian: differenced };
  }
  const columns = (x: Float64Array, _residuals: Float64Array, result: Float64Array): number => {
    intoColumns(jacobian(x), m, n, result);
    return 0;
  };
  return {
    size: m,
    parameters: n,
    evaluate,
    jacobian: columns,
    curvature: differencedCurvature(columns, m, start, box),
  };
}

import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { Box, boundsInOrder } from './bounds.js';
import { Constraints } from './constraints/constraints.js';
import { type CurveFit, curveAt, fitted } from './fitted.js';
import { type LeastSquaresOptions, leastSquaresOptions, solveProblem } from './least-squares.js';
import {
  type AnyModel,
  type Fixed,
  type ModelOf,
  modelProblem,
  type NamesOf,
  requireModel,
  type Start,
  type StartOf,
  type Ties,
} from './model.js';
import { checkData, type FitData, observedOf } from './residuals/fit-data.js';
import { namedStart } from './start.js';

/** Options of a fit of a model. */
export interface CurveFitOptions<S = Start, F = Fixed, T = Ties> extends Omit<LeastSquaresOptions, 'fixed' | 'tied'> {
  /**
   * One number a parameter: by name, and then the model gets its parameters by these names, or in a list, and then it gets a list. By name it
   * leaves out what is fixed or tied.
   */
  readonly start: S;
  /** Values of parameters, by name, that are not fitted. */
  readonly fixed?: F;
  /** Parameters, by name, that follow from others; see `ConstraintOptions`. */
  readonly tied?: T;
}

export const curveFitOptions: OptionNames<CurveFitOptions> = { ...leastSquaresOptions, start: 1 };

/**
 * Fits y ≈ f(x, p) by least squares: minimises ½Σ ((f(xᵢ, p) − yᵢ)/σᵢ)², with σᵢ = 1 unless `sigma` is given, or ½‖L⁻¹(f − y)‖² for a
 * covariance L·Lᵀ of the observations. The method and the options are those of `leastSquares`; σ has the units of y, and each parameter the
 * units that the model gives it. A model is a function of tensors, with exact derivatives of all orders, or `{ model, gradient? }` of plain
 * numbers. With a start by name it gets its parameters by name.
 *
 * A traced model is traced once for each shape of the data and then remembered with the function, with x and y as inputs, so that fits to
 * other data of that shape need no compilation. The result has the parameters by name in `values`, `predict` for new points, and its
 * `statistics`; `fitReport` prints it.
 *
 * @example
 * const data = { x: [0, 1, 2, 3], y: [4.1, 1.6, 0.8, 0.5] };
 * const fit = curveFit((x, { a, k, c }) => a.mul(x.mul(k).neg().exp()).add(c), data, { start: { a: 4, k: 1, c: 0 } });
 * fit.values.k; // 1.1054…
 * fit.predict([0.5, 1.5]); // two fitted values
 * @throws InputError that names the row for data that are not finite or no numbers, and for a start, names or bounds that do not fit
 * together; ShapeError for lengths that differ.
 */
export function curveFit<
  const S extends StartOf<S>,
  F extends Fixed = Readonly<Record<never, number>>,
  T extends Ties = Readonly<Record<never, never>>,
>(model: ModelOf<S, F, T>, data: FitData, options: CurveFitOptions<S, F, T>): CurveFit<NamesOf<S, F, T>>;
export function curveFit(model: AnyModel, data: FitData, options: CurveFitOptions): CurveFit {
  const what = 'curveFit';
  requireModel(what, model);
  const checked = checkData(what, data);
  const { vector, names, arrangement } = namedStart(what, options);
  checkNames(what, options, curveFitOptions);
  const constraints = new Constraints(what, names, options);
  const bounds = constraints.bounds(boundsInOrder(what, options.bounds, names));
  const start = constraints.start(vector);
  const use = { what, arrangement, start, box: new Box(bounds, names), constraints };
  const problem = modelProblem(model, checked, use);
  const result = constraints.complete(solveProblem(problem, start, names, { ...options, bounds }));
  const { predictors } = checked;
  const curve = curveAt({ model, arrangement, parameters: result.parameters, names, predictors });
  return fitted({ ...result, ...observedOf(data, checked), ...curve });
}

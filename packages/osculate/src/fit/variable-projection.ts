import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import { type Bounds, Box, boundsInOrder, type NamedBounds } from './bounds.js';
import { requireFunction, requireObject, show } from './checks.js';
import { unconstrained } from './constraints/constraints.js';
import { describeFit, finish } from './finish.js';
import { type CurveFit, curveAt, fitted } from './fitted.js';
import { type LeastSquaresOptions, solveProblem } from './least-squares.js';
import {
  type AnyTracedModel,
  inList,
  modelProblem,
  type NamesOf,
  type Start,
  type StartOf,
  type TensorsOf,
} from './model.js';
import { polish } from './polish.js';
import { type Counts, counted } from './residuals/counted.js';
import { type CheckedData, checkData, type FitData, observedOf } from './residuals/fit-data.js';
import type { LeastSquaresResult } from './result.js';
import { type AnySeparable, type BasisFunctions, basisAt, type SeparableModel, wholeModel } from './separable/basis.js';
import { type ProjectedJacobian, projectedProblem } from './separable/projected-problem.js';
import { namedStart } from './start.js';
import { Factorization } from './trust-region/factorization.js';
import { Iterate } from './trust-region/iterate.js';

export type { BasisFunctions, SeparableModel } from './separable/basis.js';
export type { ProjectedJacobian } from './separable/projected-problem.js';

const WHAT = 'variableProjection';

/** Options of a fit by variable projection. */
export interface VariableProjectionOptions<S = Start, L extends string = string>
  extends Omit<LeastSquaresOptions, 'acceleration' | 'bounds' | 'fixed' | 'loss' | 'lossScale' | 'names' | 'tied'> {
  /** The nonlinear parameters, one number each, in a list or by name, as the basis gets them. The linear ones need no start. */
  readonly start: S;
  /** Of the nonlinear parameters; default b1, b2, …, or those of `start`. */
  readonly names?: readonly string[];
  /** Of the linear parameters; default c1, c2, … */
  readonly linearNames?: readonly L[];
  /** Of the nonlinear parameters, as for `curveFit`. */
  readonly bounds?: Bounds | NamedBounds;
  /** Of the linear parameters, as a lower bound of zero for all. */
  readonly linearBounds?: Bounds | NamedBounds;
  /** How derivatives are taken: `golub-pereyra` (default) is the exact Jacobian, `kaufman` leaves out the term that vanishes with the residuals. */
  readonly jacobian?: ProjectedJacobian;
}

const variableProjectionOptions: OptionNames<VariableProjectionOptions> = {
  start: 1,
  names: 1,
  linearNames: 1,
  bounds: 1,
  linearBounds: 1,
  jacobian: 1,
  gradientTolerance: 1,
  offsetTolerance: 1,
  stepTolerance: 1,
  costTolerance: 1,
  maxEvaluations: 1,
  targetCost: 1,
  trustRegion: 1,
  polish: 1,
};

/** A fit of all parameters, the nonlinear ones first: `fitStatistics` and `fitReport` take it as they take one of `curveFit`. */
export interface VariableProjectionResult<Name extends string = string> extends CurveFit<Name> {
  /** α, the first of the parameters. */
  readonly nonlinear: Float64Array;
  /** c, the others. */
  readonly linear: Float64Array;
}

/** Checked input of one fit. */
interface Setup {
  readonly model: AnyTracedModel;
  readonly data: CheckedData;
  readonly start: Float64Array;
  readonly names: readonly string[];
  readonly box: Box;
  readonly linearBox: Box;
  readonly options: VariableProjectionOptions;
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}

/** The whole problem at the solution of the projected one: full Newton steps, and what its Jacobian says of all parameters. */
function finishWhole(reduced: LeastSquaresResult, c: Float64Array, setup: Setup): LeastSquaresResult {
  const { model, data, start, names, box, linearBox, options } = setup;
  const bounds = { lower: joined(box.lower, linearBox.lower), upper: joined(box.upper, linearBox.upper) };
  const whole = new Box(bounds, names);
  const counts: Counts = { points: 0, ...reduced.evaluations };
  const point = joined(reduced.parameters, c);
  const use = { what: WHAT, arrangement: inList, start: point, box: whole, constraints: unconstrained(names) };
  const problem = counted(modelProblem(model, data, use), counts);
  const pair = [new Iterate(problem, null), new Iterate(problem, null)] as const;
  let [iterate] = pair;
  iterate.x.set(point);
  const finite = iterate.begin();
  const memory = new Factorization(data.y.length, names.length);
  if (finite && (options.polish ?? true) && reduced.status !== 'target-cost')
    iterate = polish(iterate, pair[1], whole, memory).best;
  const status = finite ? reduced.status : 'non-finite-start';
  const { iterations } = reduced;
  const end = describeFit({ status, iterations, iterate, memory }, whole);
  const result = finish(end, { box: whole, names, start: joined(start, c), counts, iterations });
  for (const used of pair) used.release();
  return result;
}

/**
 * Fits y ≈ f(x; α) + Σⱼ cⱼφⱼ(x; α) by least squares, the coefficients c solved for exactly at every α, so that only α is searched for and
 * only α needs a start: variable projection (Golub and Pereyra 1973; O'Leary and Rust 2013). c comes from a pivoted QR of the weighted
 * basis, within `linearBounds` by an active-set method; α from the trust-region method of `leastSquares` on the projected residuals with
 * their exact Jacobian; at the end full Newton steps in all parameters. Covariances and everything else of the result are the full
 * problem's, so that they agree with `curveFit`. A basis that lacks full rank at the solution ends as `singular`. The basis is traced once
 * for each shape of the data. Cost an iteration: 2mp² for a point, 4mpq for its Jacobian.
 *
 * @example
 * // a·exp(−kx) + b
 * const data = { x: [0, 1, 2, 3], y: [4.1, 1.6, 0.8, 0.5] };
 * const basis = (x: Tensor, { k }: Record<'k', Tensor>) => [k.mul(x).neg().exp(), full(1, 'f64')];
 * variableProjection(basis, data, { start: { k: 1 }, linearNames: ['a', 'b'] }).values.a // 3.7…
 * @throws InputError that names the row for data that are not finite, InputError or ShapeError for a basis or options that do not fit.
 */
export function variableProjection<const S extends StartOf<S>, const L extends string = string>(
  model: BasisFunctions<TensorsOf<S, unknown, unknown>> | SeparableModel<TensorsOf<S, unknown, unknown>>,
  data: FitData,
  options: VariableProjectionOptions<S, L>,
): VariableProjectionResult<NamesOf<S, unknown, unknown> | L>;
export function variableProjection(
  model: AnySeparable | AnySeparable['basis'],
  data: FitData,
  options: VariableProjectionOptions,
): VariableProjectionResult {
  const separable = typeof model === 'function' ? { basis: model } : model;
  requireObject(`${WHAT}: the model`, separable, 'a function that returns the basis, or { basis }');
  requireFunction(`${WHAT}: the basis`, separable.basis);
  if (separable.fixed !== undefined) requireFunction(`${WHAT}: the fixed term`, separable.fixed);
  const checked = checkData(WHAT, data);
  requireObject(`${WHAT}: the options`, options, 'an object with a start, as { start: { k: 0.5 } }');
  checkNames(WHAT, options, variableProjectionOptions);
  const { vector, names, arrangement } = namedStart(WHAT, {
    start: options.start,
    ...(options.names && { names: options.names }),
  });
  const q = vector.length;
  const use = { model: separable, q, arrangement };
  const basis = basisAt(use, checked);
  const p = basis.columns.length;
  const { linearNames: given = Array.from({ length: p }, (_, j) => `c${j + 1}`) } = options;
  if (!Array.isArray(given)) throw new InputError(`${WHAT}: linearNames is ${show(given)}; give a list of texts`);
  const linearNames: readonly string[] = given;
  const all = [...names, ...linearNames];
  if (linearNames.length !== p || new Set(all).size !== q + p)
    throw new InputError(
      `${WHAT}: the linear names are ${linearNames.join(', ')} beside ${names.join(', ')}; give each of the ${p} basis functions its own`,
    );
  const bounds = boundsInOrder(WHAT, options.bounds, names);
  const box = new Box(bounds, names);
  const linearBox = new Box(boundsInOrder(WHAT, options.linearBounds, linearNames), linearNames);
  const projected = projectedProblem(basis, checked, linearBox, options.jacobian ?? 'golub-pereyra');
  const { linearNames: _, linearBounds: __, jacobian: ___, start: ____, ...rest } = options;
  const reduced = solveProblem(projected, vector, names, { ...rest, bounds, polish: false });
  const c = projected.coefficientsAt(reduced.parameters);
  const whole = wholeModel(use);
  const setup = { model: whole, data: checked, start: vector, names: all, box, linearBox, options };
  const fit = finishWhole(reduced, c, setup);
  const { parameters } = fit;
  const { predictors } = checked;
  return fitted({
    ...fit,
    ...observedOf(data, checked),
    ...curveAt({ model: whole, arrangement: inList, parameters, names: all, predictors }),
    nonlinear: parameters.slice(0, q),
    linear: parameters.slice(q),
  });
}

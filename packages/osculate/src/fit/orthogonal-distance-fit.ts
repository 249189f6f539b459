import { checkNames } from '../tensor/check-options.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { Box, boundsInOrder } from './bounds.js';
import { numbers, requireObject } from './checks.js';
import { Constraints } from './constraints/constraints.js';
import type { CurveFitOptions } from './curve-fit.js';
import { curveFitOptions } from './curve-fit.js';
import { type CurveFit, curveAt, fitted } from './fitted.js';
import { solveProblem } from './least-squares.js';
import {
  type AnyModel,
  type Fixed,
  type ModelOf,
  type NamesOf,
  requireModel,
  type StartOf,
  type Ties,
} from './model.js';
import { type CurveShape, curveOf } from './orthogonal/curve.js';
import { NearestPoints, type OrthogonalPoints } from './orthogonal/nearest.js';
import { checkData, flatten } from './residuals/fit-data.js';
import { numericProblem } from './residuals/numeric.js';
import { namedStart } from './start.js';

/** Points of which x has errors as y has. */
export interface OrthogonalData {
  /** m numbers, or m rows of k predictors. */
  readonly x: ArrayLike<number> | readonly ArrayLike<number>[];
  /** m observations. */
  readonly y: ArrayLike<number>;
  /**
   * Standard deviations of x, 0 where it is exact: one number for all, or one a point; with rows of predictors one a column, or rows as
   * those of x.
   */
  readonly sigmaX: number | ArrayLike<number> | readonly ArrayLike<number>[];
  /** Standard deviations of y, above 0: one for all, or one a point. */
  readonly sigmaY: number | ArrayLike<number>;
}

/** A fit whose `residuals` are the points' distances √(ε²/σy² + Σδ²/σx²), with the sign of ε. */
export interface OrthogonalDistanceResult<Name extends string = string> extends CurveFit<Name> {
  /** δ, the errors of x, row-major m×k: the fitted point is x + δ. */
  readonly deltas: Float64Array;
  /** ε = f(x + δ) − y. */
  readonly epsilons: Float64Array;
}

const WHAT = 'orthogonalDistanceFit';

/** σx as flat rows. */
function sigmaRows(given: OrthogonalData['sigmaX'], m: number, predictors: number): Float64Array {
  const k = predictors || 1;
  const size = m * k;
  if (typeof given === 'number') return new Float64Array(size).fill(given);
  const { data, count, predictors: width } = flatten(`${WHAT}: sigmaX`, given);
  if (width > 0) {
    if (count === m && width === k) return data;
    throw new ShapeError(`${WHAT}: sigmaX must have ${m} rows of ${k}, as x; it has ${count} rows of ${width}`);
  }
  const expected = predictors > 0 ? k : m;
  if (count !== expected) {
    const per = predictors > 0 ? 'one a column, or rows' : 'one a point';
    throw new ShapeError(`${WHAT}: sigmaX has ${count} numbers; give ${expected}, ${per}`);
  }
  return Float64Array.from({ length: size }, (_, i) => data[predictors > 0 ? i % k : i]!);
}

function checkedPoints(data: OrthogonalData): OrthogonalPoints & { predictors: number } {
  requireObject(`${WHAT}: the data`, data, '{ x, y, sigmaX, sigmaY }');
  const { x, y, predictors } = checkData(WHAT, { x: data.x, y: data.y });
  const m = y.length;
  const sigmaX = sigmaRows(data.sigmaX, m, predictors);
  const { sigmaY: given } = data;
  const sigmaY = typeof given === 'number' ? new Float64Array(m).fill(given) : numbers(`${WHAT}: sigmaY`, given);
  if (sigmaY.length !== m)
    throw new ShapeError(`${WHAT}: there are ${sigmaY.length} values of sigmaY for ${m} observations`);
  const refuse = (what: string, value: number, row: number, range: string): never => {
    throw new InputError(`${WHAT}: ${what} is ${value} at row ${row} (counted from 0); it must be ${range}`);
  };
  const k = predictors || 1;
  sigmaX.forEach((s, i) => {
    if (!(s >= 0 && Number.isFinite(s))) refuse('sigmaX', s, Math.floor(i / k), '0 or more');
  });
  sigmaY.forEach((s, i) => {
    if (!(s > 0 && Number.isFinite(s))) refuse('sigmaY', s, i, 'above 0');
  });
  return { x, y, sigmaX, sigmaY, predictors };
}

/** The least-squares problem that is left once δ is eliminated: signed distances, and their Jacobian. */
class Distances {
  readonly nearest: NearestPoints;
  /** t of the last point that was linearised: where searches start. */
  private readonly near: Float64Array;
  private at: Float64Array | null = null;

  constructor(
    private readonly curve: ReturnType<typeof curveOf>,
    private readonly shape: CurveShape,
    private readonly data: OrthogonalPoints,
  ) {
    this.nearest = new NearestPoints(curve, shape, data);
    this.near = new Float64Array(data.x.length);
  }

  residuals(q: Float64Array): Float64Array {
    this.settle(q);
    return Float64Array.from({ length: this.shape.m }, (_, i) => this.nearest.distance(i));
  }

  /** Rows ∂f/∂q / (σy√(1 + ‖v‖²)): δ follows q, but to first order does not change the distance. */
  jacobian(q: Float64Array): Float64Array {
    const { m, n } = this.shape;
    this.settle(q);
    this.near.set(this.nearest.t);
    const columns = new Float64Array(m * n);
    this.curve.alongParameters(this.nearest.places(), q, columns);
    const result = new Float64Array(m * n);
    for (let i = 0; i < m; i++) {
      const factor = 1 / (this.data.sigmaY[i]! * Math.sqrt(1 + this.nearest.slope(i)));
      for (let j = 0; j < n; j++) result[i * n + j] = columns[j * m + i]! * factor;
    }
    return result;
  }

  settle(q: Float64Array): void {
    if (this.at?.every((value, j) => value === q[j])) return;
    this.nearest.settle(q, this.near);
    this.at = q.slice();
  }
}

/**
 * Fits y + ε = f(x + δ, p) where x has errors too: minimises Σ (εᵢ/σyᵢ)² + Σ (δᵢ/σxᵢ)² over p and all δ, orthogonal distance regression
 * (Boggs, Byrd and Schnabel 1987; ODRPACK). δᵢ only enters the i-th term, so it is eliminated: for every p each point finds its own
 * nearest δ by Newton's method, and the trust-region method of `leastSquares` fits p to the signed distances. Cost and memory are linear in
 * the number of points: an iteration takes about five evaluations of f and ∂f/∂x, and one of ∂f/∂p. A row of x may only influence its own
 * value of f. Where f is not monotone a distance can have several minima in δ; each search starts from the last and from δ = 0.
 *
 * Options and models as those of `curveFit`; `acceleration` has no effect. `fitStatistics` of the result gives ODRPACK's covariance
 * s²·(Σ ∇f∇fᵀ/(σy² + Σ(σx·∂f/∂x)²))⁻¹ and errors. With σx = 0 it is `curveFit`.
 *
 * @example
 * const data = { x: [0, 1.1, 1.9, 3.2], y: [1, 2.9, 5.2, 6.8], sigmaX: 0.1, sigmaY: 0.2 };
 * orthogonalDistanceFit((x, { a, b }) => x.mul(b).add(a), data, { start: { a: 0, b: 1 } }).values.b // 1.8896…
 * @throws InputError that names the row for data or sigmas that cannot be, ShapeError for lengths that differ.
 */
export function orthogonalDistanceFit<
  const S extends StartOf<S>,
  F extends Fixed = Readonly<Record<never, number>>,
  T extends Ties = Readonly<Record<never, never>>,
>(
  model: ModelOf<S, F, T>,
  data: OrthogonalData,
  options: CurveFitOptions<S, F, T>,
): OrthogonalDistanceResult<NamesOf<S, F, T>>;
export function orthogonalDistanceFit(
  model: AnyModel,
  data: OrthogonalData,
  options: CurveFitOptions,
): OrthogonalDistanceResult {
  requireModel(WHAT, model);
  const { predictors, ...points } = checkedPoints(data);
  const { vector, names, arrangement } = namedStart(WHAT, options);
  checkNames(WHAT, options, curveFitOptions);
  const constraints = new Constraints(WHAT, names, options);
  const bounds = constraints.bounds(boundsInOrder(WHAT, options.bounds, names));
  const box = new Box(bounds, names);
  const start = constraints.start(vector);
  const shape = { m: points.y.length, predictors, n: names.length };
  const use = { what: WHAT, arrangement, start, box, constraints };
  const distances = new Distances(curveOf(model, shape, use), shape, points);
  const problem = numericProblem(
    { residuals: (q) => distances.residuals(q), jacobian: (q) => distances.jacobian(q) },
    start,
    box,
  );
  const result = solveProblem(problem, start, names, { ...options, bounds });
  distances.settle(result.parameters);
  const { t, g } = distances.nearest;
  const complete = constraints.complete(result);
  const { parameters } = complete;
  return fitted({
    ...complete,
    ...curveAt({ model, arrangement, parameters, names, predictors }),
    deltas: t.map((value, i) => value * points.sigmaX[i]!),
    epsilons: g.map((value, i) => value * points.sigmaY[i]!),
  });
}

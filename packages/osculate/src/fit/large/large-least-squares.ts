import { euclideanNorm } from '../../linalg/dense/norms.js';
import { lsmr } from '../../linalg/krylov/lsmr.js';
import { dot } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { type Bounds, Box, boundsInOrder } from '../bounds.js';
import { requireFunction, requireObject } from '../checks.js';
import { type LossName, robustLoss } from '../robust.js';
import { parameterNames, startVector } from '../start.js';
import {
  type DampedOptions,
  type DampedStatus,
  dampedMessages,
  dampedOptions,
  dampedRun,
} from '../trust-region/damped-run.js';
import { ProductModel } from './product-model.js';
import { type ProductProblem, productProblem } from './product-problem.js';

const WHAT = 'largeLeastSquares';

/** Options of a fit with very many parameters. */
export interface LargeLeastSquaresOptions extends DampedOptions {
  /** Least and greatest values of the parameters (default none). The start is moved into them. */
  readonly bounds?: Bounds;
  /** Robust loss of each residual; default `linear`. */
  readonly loss?: LossName;
  /** s: residuals well below this count fully under a robust loss; default 1. */
  readonly lossScale?: number;
  /** Iterations of LSMR at most for one step; default 2·n, but no more than 1000. */
  readonly maxInnerIterations?: number;
}

const largeLeastSquaresOptions: OptionNames<LargeLeastSquaresOptions> = {
  ...dampedOptions,
  bounds: 1,
  loss: 1,
  lossScale: 1,
  maxInnerIterations: 1,
};

/** What is asked of a variance. */
export interface VarianceOptions {
  /** Relative accuracy that the inner solve ends at; default 1e-10. */
  readonly tolerance?: number;
  /** Default 4·min(m, n), at least 100. */
  readonly maxIterations?: number;
}

/** What `largeLeastSquares` found. */
export interface LargeFit {
  /** Why the fit ended. */
  readonly status: DampedStatus;
  /** One sentence that says what `status` means here. */
  readonly message: string;
  /** The fitted parameters. */
  readonly parameters: Float64Array;
  /** ½Σ s²ρ((rᵢ/s)²); ½Σ rᵢ² without a robust loss. */
  readonly cost: number;
  /** r at the solution, without the robust loss. */
  readonly residuals: Float64Array;
  /** Largest absolute component of the projected gradient of the cost. */
  readonly gradientNorm: number;
  /** −1: at its lower bound and held there, 1: at its upper, 0: free. */
  readonly activeBounds: Int8Array;
  /** What was evaluated, and how often. */
  readonly evaluations: {
    readonly residuals: number;
    /** Products J·v. */
    readonly forward: number;
    /** Products Jᵀ·u, those of the column scaling included. */
    readonly backward: number;
  };
  /** Steps that were tried. */
  readonly iterations: number;
  /** Iterations of LSMR in all. */
  readonly innerIterations: number;
  /**
   * gᵀ(JᵀJ)⁻¹g over the free parameters at the solution: the variance of gᵀp for residuals of unit variance, by one solve with LSMR (the
   * covariance matrix itself, n×n, is never formed; there is no rank and no list of standard errors either). ∞ where the data leave gᵀp
   * open, NaN where the solve ran out of iterations. Multiply by Σr²/(m − n) for residuals of unknown variance. Plain least squares only:
   * a robust loss has other variances.
   */
  varianceOf(g: ArrayLike<number>, options?: VarianceOptions): number;
}

/** Share of g outside the row space from which gᵀp counts as open: well above what a solve leaves, well below any real share. */
const OPEN = 1e-6;

/** ‖y‖² for the shortest y with Jᵀy = g, which is J(JᵀJ)⁻¹g. */
function variance(
  problem: ProductProblem,
  { x, free }: ProductModel,
  given: ArrayLike<number>,
  options: VarianceOptions,
): number {
  const { size: m, parameters: n } = problem;
  if (given.length !== n)
    throw new ShapeError(`varianceOf: g has ${given.length} elements for ${n} parameters; give one each`);
  const g = Float64Array.from(given, (value, j) => (free[j] === 1 ? value : 0));
  const size = euclideanNorm(g);
  if (size === 0) return 0;
  problem.linearize(x);
  const masked = new Float64Array(n);
  const { status, solution, residual } = lsmr(
    (y: Float64Array, out: Float64Array) => {
      problem.applyTranspose(y, out);
      for (let j = 0; j < n; j++) if (free[j] === 0) out[j] = 0;
    },
    (v: Float64Array, out: Float64Array) => {
      for (let j = 0; j < n; j++) masked[j] = free[j] === 1 ? v[j]! : 0;
      problem.apply(masked, out);
    },
    g,
    m,
    {
      tolerance: options.tolerance ?? 1e-10,
      maxIterations: options.maxIterations ?? Math.max(100, 4 * Math.min(m, n)),
    },
  );
  if (status === 'leastSquares' && residual > OPEN * size) return Number.POSITIVE_INFINITY;
  if (status === 'budget' || status === 'nonFinite') return Number.NaN;
  return dot(solution, solution);
}

/**
 * Minimises ½Σ s²ρ((rᵢ(p)/s)²) over a box, as `leastSquares` does, for so many parameters that the m×n Jacobian cannot be held: memory is
 * O(m + n) and what the traced function needs.
 *
 * `residuals` is traced, from a Tensor of shape [n], f64, to m residuals. Levenberg-Marquardt with Moré's scaling on estimated column norms;
 * each damped step is found by LSMR (Fong and Saunders 2011) from products J·v and Jᵀ·u, which share what depends on the point alone, to an
 * accuracy that follows the gradient. Cost an iteration: 16 products Jᵀ·u for the scaling and one of each kind for each iteration of LSMR,
 * of which an ill-conditioned J takes many. Ranks and covariances are not computed; see `varianceOf`.
 * @example
 * largeLeastSquares((p) => p.square().sub(4), new Float64Array(10_000).fill(1)).parameters[0] // 2
 * @throws InputError, ShapeError or DTypeError for a malformed start, options or residuals. Bad problems end with a status.
 */
export function largeLeastSquares(
  residuals: (parameters: Tensor) => Tensor,
  start: ArrayLike<number>,
  options: LargeLeastSquaresOptions = {},
): LargeFit {
  checkNames('largeLeastSquares', options, largeLeastSquaresOptions);
  requireFunction(`${WHAT}: the residuals`, residuals);
  requireObject(`${WHAT}: the options`, options, 'an object, or none');
  const vector = startVector(WHAT, start);
  const n = vector.length;
  const { maxInnerIterations = Math.min(2 * n, 1000) } = options;
  if (!(maxInnerIterations >= 1))
    throw new InputError(`${WHAT}: maxInnerIterations is ${maxInnerIterations}; give a number ≥ 1`);
  const names = parameterNames(WHAT, n, undefined);
  const box = new Box(boundsInOrder(WHAT, options.bounds, names), names);
  box.clamp(vector);
  const loss = robustLoss(options.loss ?? 'linear', options.lossScale ?? 1);
  const problem = productProblem(residuals, n);
  const model = new ProductModel(problem, vector, box, loss, maxInnerIterations);
  const { status, iterations } = dampedRun(model, options);
  const { x, free, gradient } = model;
  return {
    status,
    message: dampedMessages[status],
    parameters: x.slice(),
    cost: model.cost,
    residuals: model.residuals.slice(),
    gradientNorm: gradient.reduce((largest, g) => Math.max(largest, Math.abs(g)), 0),
    activeBounds: Int8Array.from(x, (_, j) => (free[j] === 0 ? box.side(x, j) : 0)),
    evaluations: model.counts,
    iterations,
    innerIterations: model.innerIterations,
    varianceOf: (g, given = {}) => variance(problem, model, g, given),
  };
}

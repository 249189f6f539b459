import { solveLeastSquares } from '../../linalg/dense/least-squares.js';
import { lsmr } from '../../linalg/krylov/lsmr.js';
import { allFinite, scaled } from '../../linalg/vectors.js';
import { type ResidualProducts, residualJacobian, residualProducts } from '../../objective/residuals.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { jacobianDemand, productsDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { backtracking, type LineSearch } from '../search/line-search.js';
import { lineSearchMethod } from './parts/line-search-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { rowBatchOptions } from './parts/row-batches.js';

export interface GaussNewtonOptions {
  /** How a step's length is found: by default Armijo backtracking; `fullStep` gives the textbook method. */
  readonly search?: LineSearch;
}

const gaussNewtonOptions: OptionNames<GaussNewtonOptions> = { search: 1 };

/**
 * Gauss-Newton for f = Σ rᵢ²: the direction is the shortest minimiser of ‖J·p + r‖, by a pivoted QR factorisation of J (never
 * JᵀJ), and a line search. Quadratic convergence where the residuals vanish. For
 * curves and other fits with few parameters, not for classification or networks. Cost a step: a Jacobian, 4mn².
 * @throws InputError when the objective is not a sum of squares.
 * @example
 * const { x } = await minimize(residuals, [-1.2, 1], { method: gaussNewton() });
 * x; // [1.000, 1.000]
 */
export function gaussNewton(options: GaussNewtonOptions = {}): Optimizer {
  checkNames('gaussNewton', options, gaussNewtonOptions);
  const { search = backtracking() } = options;
  return lineSearchMethod({
    name: 'Gauss-Newton',
    demand: jacobianDemand(3),
    settings: {},
    search,
    direction: async (objective, at) => {
      const { value, gradient, residuals, jacobian } = await residualJacobian(objective, at);
      if (!allFinite(jacobian.data) || !allFinite(residuals)) return { value, gradient, stop: 'diverged' };
      const { solution, rank } = solveLeastSquares(jacobian, scaled(residuals, -1));
      return { value, gradient, direction: solution, details: { rank } };
    },
  });
}

/** When an inner solve by LSMR ends. */
export interface LsmrSolveOptions {
  /** Inner iterations at most (100). */
  readonly maxIterations?: number;
  /**
   * ‖Jᵀ(J·p + r)‖ relative to ‖J‖·‖J·p + r‖, damping included, at which an inner solve ends (1e-10; at least ten
   * roundings of the objective's dtype, since products know no more). */
  readonly tolerance?: number;
}

export const lsmrSolveOptions: OptionNames<LsmrSolveOptions> = { maxIterations: 1, tolerance: 1 };

/** The defaults of an inner solve. */
export function lsmrOptions({ maxIterations = 100, tolerance = 1e-10 }: LsmrSolveOptions) {
  return { maxIterations, tolerance };
}

/** p that minimises ‖J·p + r‖² + λ·‖p‖² by LSMR, never from JᵀJ. Cost: a product with J and one with Jᵀ an iteration. */
export async function leastSquaresStep(
  { residuals, gradient, roundoff, apply, applyTranspose }: ResidualProducts,
  lambda: number,
  { maxIterations, tolerance }: Required<LsmrSolveOptions>,
): Promise<{ step: Float64Array; iterations: number }> {
  const right = scaled(residuals, -1);
  const damping = Math.sqrt(lambda);
  const { solution, iterations, status } = await lsmr(apply, applyTranspose, right, gradient.length, {
    maxIterations,
    tolerance: Math.max(tolerance, 10 * roundoff),
    damping,
  });
  return { step: status === 'nonFinite' ? solution.fill(Number.NaN) : solution, iterations };
}

export interface GaussNewtonLsmrOptions extends GaussNewtonOptions, LsmrSolveOptions, RowBatchOptions {}

const gaussNewtonLsmrOptions: OptionNames<GaussNewtonLsmrOptions> = {
  ...gaussNewtonOptions,
  ...lsmrSolveOptions,
  ...rowBatchOptions,
};

/**
 * Gauss-Newton for f = Σ rᵢ², matrix-free: the direction is the shortest minimiser of ‖J·p + r‖ by LSMR on products with J and Jᵀ,
 * and a line search. Where `gaussNewtonCg` works on JᵀJ, this does not square the condition number of J. Cost a step: the residuals, a
 * gradient, a product with J and one with Jᵀ (about one and a half gradients) an inner iteration, a value a trial. Memory: a few vectors.
 * @throws InputError (in a step) when the objective is not a sum of squares.
 * @example
 * const { x } = await minimize(residuals, [-1.2, 1], { method: gaussNewtonLsmr() });
 * x; // [1.000, 1.000]
 */
export function gaussNewtonLsmr(options: GaussNewtonLsmrOptions = {}): Optimizer {
  checkNames('gaussNewtonLsmr', options, gaussNewtonLsmrOptions);
  const { search = backtracking(), batchSize } = options;
  const inner = lsmrOptions(options);
  return lineSearchMethod({
    name: 'Gauss-Newton (LSMR)',
    demand: productsDemand(inner.maxIterations, 10),
    settings: inner,
    search,
    batchSize,
    direction: async (objective, at) => {
      const problem = await residualProducts(objective, at);
      const { value, gradient } = problem;
      if (!allFinite(gradient) || !Number.isFinite(value)) return { value, gradient, stop: 'diverged' };
      const { step, iterations } = await leastSquaresStep(problem, 0, inner);
      return { value, gradient, direction: step, details: { lsmrIterations: iterations } };
    },
  });
}

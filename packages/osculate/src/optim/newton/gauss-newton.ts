import { leastSquares } from '../../linalg/dense/least-squares.js';
import { residualJacobian } from '../curvature-sources/residual-jacobian.js';
import { allFinite, type Optimizer } from '../optimizer.js';
import { backtracking } from '../search/backtracking.js';
import type { LineSearch } from '../search/line-search.js';
import { scaled } from '../vector.js';
import { lineSearchMethod } from './parts/line-search-method.js';

export interface GaussNewtonOptions {
  /** Default: Armijo backtracking; `fullStep` gives the textbook method. */
  readonly search?: LineSearch;
}

/**
 * Gauss-Newton for f = Σ rᵢ²: the direction is the shortest minimiser of ‖J·p + r‖, by a pivoted QR factorisation of J (never
 * JᵀJ), and a line search. Quadratic convergence where the residuals vanish. For small n. Cost a step: a Jacobian, 4mn².
 * @throws InputError when the objective is no sum of squares.
 */
export function gaussNewton({ search = backtracking() }: GaussNewtonOptions = {}): Optimizer {
  return lineSearchMethod({
    name: 'Gauss-Newton',
    settings: {},
    search,
    direction: async (objective, at) => {
      const { value, gradient, residuals, jacobian } = await residualJacobian(objective, at);
      if (!allFinite(jacobian.data) || !allFinite(residuals)) return { value, gradient, stop: 'diverged' };
      const { solution, rank } = leastSquares(jacobian, scaled(residuals, -1));
      return { value, gradient, direction: solution, details: { rank } };
    },
  });
}

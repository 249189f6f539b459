import { choleskySolve } from '../../linalg/dense/cholesky.js';
import { exactHessian } from '../curvature-sources/exact-hessian.js';
import type { CurvatureSource } from '../curvature-sources/source.js';
import { allFinite, type Optimizer } from '../optimizer.js';
import { backtracking } from '../search/backtracking.js';
import type { LineSearch } from '../search/line-search.js';
import { scaled } from '../vector.js';
import { lineSearchMethod } from './parts/line-search-method.js';
import { shiftedCholesky } from './parts/shifted-cholesky.js';

export interface NewtonOptions {
  /** Default: Armijo backtracking. */
  readonly search?: LineSearch;
  readonly curvature?: CurvatureSource;
}

/**
 * Damped Newton: the direction −(B + λI)⁻¹g, λ = 0 where the curvature B is positive definite and otherwise enough to make it so
 * (Nocedal and Wright 2006, algorithm 3.3), and a line search. Quadratic convergence where B is the Hessian. For small n. Cost a
 * step: about 2n gradients and n³/3 operations a factorisation.
 */
export function newton({ search = backtracking(), curvature = exactHessian }: NewtonOptions = {}): Optimizer {
  return lineSearchMethod({
    name: 'Newton',
    settings: { curvature: curvature.name },
    search,
    direction: async (objective, at) => {
      const { value, gradient, matrix } = await curvature.dense(objective, at);
      if (!allFinite(matrix.data) || !allFinite(gradient)) return { value, gradient, stop: 'diverged' };
      const { factor, shift, indefinite } = shiftedCholesky(matrix);
      const direction = choleskySolve(factor, scaled(gradient, -1));
      return { value, gradient, direction, indefinite, details: { shift } };
    },
  });
}

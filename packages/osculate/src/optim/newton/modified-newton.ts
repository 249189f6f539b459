import { ldltSolve } from '../../linalg/dense/ldlt.js';
import { modifiedCholesky } from '../../linalg/dense/modified-cholesky.js';
import { infinityNorm } from '../../linalg/dense/norms.js';
import { exactHessian } from '../curvature-sources/exact-hessian.js';
import { allFinite, type Optimizer } from '../optimizer.js';
import { backtracking } from '../search/backtracking.js';
import { scaled } from '../vector.js';
import type { NewtonOptions } from './newton.js';
import { lineSearchMethod } from './parts/line-search-method.js';

/**
 * Newton with a modified Cholesky factorisation (Cheng and Higham 1998): the direction −(B + E)⁻¹g with negative eigenvalues of D
 * reflected and small ones raised, E = 0 where B is comfortably positive definite, and a line search. For small n. Cost a step:
 * about 2n gradients and n³/3 operations.
 */
export function modifiedNewton({ search = backtracking(), curvature = exactHessian }: NewtonOptions = {}): Optimizer {
  return lineSearchMethod({
    name: 'Modified Newton',
    settings: { curvature: curvature.name },
    search,
    direction: async (objective, at) => {
      const { value, gradient, matrix } = await curvature.dense(objective, at);
      if (!allFinite(matrix.data) || !allFinite(gradient)) return { value, gradient, stop: 'diverged' };
      const floor = 2 ** -26 * infinityNorm(matrix) || 1;
      const { factors, largestChange } = modifiedCholesky(matrix, { negative: 'reflect', floor });
      const solved = ldltSolve(factors, scaled(gradient, -1));
      if (solved.status !== 'ok') return { value, gradient, stop: 'indefinite' };
      return {
        value,
        gradient,
        direction: solved.solution,
        indefinite: largestChange > 2 * floor,
        details: { largestChange },
      };
    },
  });
}

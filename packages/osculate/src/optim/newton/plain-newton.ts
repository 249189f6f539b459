import { ldlt, ldltSolve } from '../../linalg/dense/ldlt.js';
import { exactHessian } from '../curvature-sources/exact-hessian.js';
import { allFinite, type Optimizer } from '../optimizer.js';
import { fullStep } from '../search/full-step.js';
import { scaled } from '../vector.js';
import { lineSearchMethod } from './parts/line-search-method.js';

/**
 * Newton's method without safeguards, for teaching: x − H⁻¹g with the Hessian as it is, whether or not f falls. Quadratic
 * convergence near a regular stationary point of any kind: saddles and maxima attract it as well. A singular Hessian stops it as
 * indefinite. Cost a step: about 2n gradients, n³/3 operations.
 */
export function plainNewton(): Optimizer {
  return lineSearchMethod({
    name: 'Newton (plain)',
    settings: {},
    search: fullStep,
    anyDirection: true,
    direction: async (objective, at) => {
      const { value, gradient, matrix } = await exactHessian.dense(objective, at);
      if (!allFinite(matrix.data) || !allFinite(gradient)) return { value, gradient, stop: 'diverged' };
      const factors = ldlt(matrix);
      const indefinite = factors.inertia.negative > 0;
      const solved = ldltSolve(factors, scaled(gradient, -1));
      if (solved.status !== 'ok') return { value, gradient, indefinite, stop: 'indefinite' };
      return { value, gradient, indefinite, direction: solved.solution };
    },
  });
}

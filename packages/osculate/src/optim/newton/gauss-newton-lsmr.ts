import { residualProducts } from '../curvature-sources/residual-products.js';
import { allFinite, type Optimizer } from '../optimizer.js';
import { backtracking } from '../search/backtracking.js';
import type { GaussNewtonOptions } from './gauss-newton.js';
import { type LsmrSolveOptions, leastSquaresStep, lsmrOptions } from './parts/least-squares-step.js';
import { lineSearchMethod } from './parts/line-search-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';

export interface GaussNewtonLsmrOptions extends GaussNewtonOptions, LsmrSolveOptions, RowBatchOptions {}

/**
 * Gauss-Newton for f = Σ rᵢ², matrix-free: the direction is the shortest minimiser of ‖J·p + r‖ by LSMR on products with J and Jᵀ,
 * and a line search. Where `gaussNewtonCg` works on JᵀJ, this does not square the condition number of J. Cost a step: the residuals, a
 * gradient, a product with J and one with Jᵀ (about one and a half gradients) an inner iteration, a value a trial. Memory: a few vectors.
 * @throws InputError (in a step) when the objective is no sum of squares.
 */
export function gaussNewtonLsmr(options: GaussNewtonLsmrOptions = {}): Optimizer {
  const { search = backtracking(), batchSize } = options;
  const inner = lsmrOptions(options);
  return lineSearchMethod({
    name: 'Gauss-Newton (LSMR)',
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

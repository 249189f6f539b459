import { dampingRule } from '../../linalg/trust-region/rules.js';
import { allFinite, dotInOrder } from '../../linalg/vectors.js';
import { residualProducts } from '../../objective/residuals.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { productsDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { type LsmrSolveOptions, leastSquaresStep, lsmrOptions, lsmrSolveOptions } from './gauss-newton.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { rowBatchOptions } from './parts/row-batches.js';

export interface LevenbergMarquardtLsmrOptions extends LsmrSolveOptions, RowBatchOptions {
  /** The first λ is this times ‖Jᵀr‖²/‖r‖² at the start, a lower bound of ‖J‖² (1e-2). */
  readonly damping?: number;
}

const levenbergMarquardtLsmrOptions: OptionNames<LevenbergMarquardtLsmrOptions> = {
  ...lsmrSolveOptions,
  ...rowBatchOptions,
  damping: 1,
};

/**
 * Levenberg-Marquardt for f = Σ rᵢ², matrix-free: p minimises ‖J·p + r‖² + λ·‖p‖² by LSMR on products with J and Jᵀ (Fong and Saunders
 * 2011; inexact Levenberg-Marquardt: Wright and Holt 1985), so that the condition number is not squared as by CG on JᵀJ + λI. λ
 * follows the gain ratio. For any n; unlike `levenbergMarquardt` it depends on the units of the variables. Cost a step: the residuals,
 * a gradient, a product with J and one with Jᵀ (about one and a half gradients) an inner iteration, a product and a value a trial; a
 * trial that is refused solves again. Memory: a few vectors.
 * @throws InputError when the damping is not positive, or (in a step) the objective is not a sum of squares.
 * @example
 * const { x } = await minimize(residuals, [-1.2, 1], { method: levenbergMarquardtLsmr() });
 * x; // [1.000, 1.000]
 */
export function levenbergMarquardtLsmr(options: LevenbergMarquardtLsmrOptions = {}): Optimizer<RegionState> {
  checkNames('levenbergMarquardtLsmr', options, levenbergMarquardtLsmrOptions);
  const { damping = 1e-2, batchSize } = options;
  const inner = lsmrOptions(options);
  checkOptions('levenbergMarquardtLsmr', { 'a finite number > 0': { damping } });
  return regionMethod({
    name: 'Levenberg-Marquardt (LSMR)',
    demand: productsDemand(inner.maxIterations, 10),
    settings: { damping, ...inner },
    region: 0,
    rule: dampingRule,
    batchSize,
    model: async (objective, at) => {
      const problem = await residualProducts(objective, at);
      const { value, gradient } = problem;
      if (!allFinite(gradient) || !Number.isFinite(value)) return { value, gradient };
      return {
        value,
        gradient,
        // ∇f = 2·Jᵀr.
        firstRegion: () => damping * (value > 0 ? dotInOrder(gradient, gradient) / (4 * value) : 0) || damping,
        propose: async (lambda) => {
          const { step, iterations } = await leastSquaresStep(problem, lambda, inner);
          const image = await problem.apply(step);
          return {
            step,
            predicted: -dotInOrder(gradient, step) - dotInOrder(image, image),
            details: { damping: lambda, lsmrIterations: iterations },
          };
        },
      };
    },
  });
}

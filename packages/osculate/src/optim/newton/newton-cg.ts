import { conjugateGradients } from '../../linalg/krylov/conjugate-gradients.js';
import { allFinite, norm, scaled } from '../../linalg/vectors.js';
import { type CurvatureMatrix, gaussNewtonMatrix, hessianMatrix } from '../../objective/matrices.js';
import { matrixProducts } from '../../objective/products.js';
import { allRows } from '../../objective/rows.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { productsDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { backtracking, type LineSearch } from '../search/line-search.js';
import { lineSearchMethod } from './parts/line-search-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { rowBatchOptions } from './parts/row-batches.js';

export interface NewtonCgOptions extends RowBatchOptions {
  /** How a step's length is found (default Armijo backtracking). */
  readonly search?: LineSearch;
  /** B (default the Hessian). */
  readonly curvature?: CurvatureMatrix;
  /** Inner iterations at most (250). */
  readonly maxIterations?: number;
}

const newtonCgOptions: OptionNames<NewtonCgOptions> = { ...rowBatchOptions, search: 1, curvature: 1, maxIterations: 1 };

/**
 * Options of an inner solve: its relative residual min(½, √‖g‖) makes the outer convergence superlinear (Dembo, Eisenstat and
 * Steihaug 1982; Nocedal and Wright 2006, equation 7.3).
 */
export function forcing(gradientNorm: number, maxIterations: number): { tolerance: number; maxIterations: number } {
  return { tolerance: Math.min(0.5, Math.sqrt(gradientNorm)), maxIterations };
}

/**
 * Line-search Newton-CG, matrix-free: CG on B·p = −g, stopped by the forcing sequence min(½, √‖g‖) or at negative curvature, where its
 * last iterate is taken, or −g when it has none (Nocedal and Wright 2006, algorithm 7.1). Superlinear convergence. Cost a step: a
 * gradient, one product (about two gradients) an inner iteration, one value a trial. Memory: a few vectors. For smooth functions of any size
 * and hundreds of gradients of all rows; not for a few passes over the data of a network, where its steps are too few.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: newtonCg() });
 * x; // [1.000, 1.000]
 */
export function newtonCg(options: NewtonCgOptions = {}): Optimizer {
  checkNames('newtonCg', options, newtonCgOptions);
  const { search = backtracking(), curvature = hessianMatrix, maxIterations = 250 } = options;
  return lineSearchMethod({
    name: 'Newton-CG',
    demand: productsDemand(maxIterations, 10),
    settings: { curvature: curvature.name, maxIterations },
    search,
    batchSize: options.batchSize,
    direction: async (objective, at) => {
      const { value, gradient } = await objective.valueAndGradient(at, allRows(objective.rows));
      if (!allFinite(gradient)) return { value, gradient, stop: 'diverged' };
      const b = scaled(gradient, -1);
      const { apply } = matrixProducts(objective.at(at), curvature);
      const solved = await conjugateGradients(apply, b, forcing(norm(b), maxIterations));
      if (solved.status === 'nonFinite') return { value, gradient, stop: 'diverged' };
      return {
        value,
        gradient,
        direction: solved.iterations > 0 ? solved.solution : b,
        ...(solved.status === 'indefinite' && { indefinite: true }),
        details: { cgIterations: solved.iterations },
      };
    },
  });
}

/**
 * Gauss-Newton-CG, matrix-free: Newton-CG on the generalised Gauss-Newton matrix, which has no negative curvature when the loss is
 * convex in the outputs. Cost a step: a gradient, one product (less than two gradients) an inner iteration, one value a trial.
 * @throws InputError when the objective has no outputs (a plain function).
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: gaussNewtonCg(), epochs: 2 });
 */
export function gaussNewtonCg(options: Omit<NewtonCgOptions, 'curvature'> = {}): Optimizer {
  const { curvature: _, ...names } = newtonCgOptions;
  checkNames('gaussNewtonCg', options, names);
  return { ...newtonCg({ ...options, curvature: gaussNewtonMatrix }), name: 'Gauss-Newton-CG' };
}

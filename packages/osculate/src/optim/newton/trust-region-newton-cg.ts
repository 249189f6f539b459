import { steihaugToint } from '../../linalg/krylov/steihaug-toint.js';
import { radiusRule } from '../../linalg/trust-region/rules.js';
import { allFinite, norm } from '../../linalg/vectors.js';
import { hessianMatrix } from '../../objective/matrices.js';
import { matrixProducts } from '../../objective/products.js';
import { allRows } from '../../objective/rows.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { productsDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { forcing } from './newton-cg.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { rowBatchOptions } from './parts/row-batches.js';
import type { TrustRegionOptions } from './trust-region.js';
import { trustRegionOptions } from './trust-region.js';

export interface TrustRegionNewtonCgOptions extends TrustRegionOptions, RowBatchOptions {
  /** Inner iterations at most (250). */
  readonly maxIterations?: number;
}

const trustRegionNewtonCgOptions: OptionNames<TrustRegionNewtonCgOptions> = {
  ...trustRegionOptions,
  ...rowBatchOptions,
  maxIterations: 1,
};

/**
 * Trust-region Newton-CG, matrix-free: the subproblem by Steihaug-Toint CG, which follows negative curvature to the boundary.
 * Superlinear convergence; for any n. Cost a step: a gradient, one product (about two gradients) an inner iteration, one value a
 * trial; a trial that is refused solves again. Memory: a few vectors. For smooth functions with saddles and hundreds of gradients of all rows;
 * not for a few passes over the data of a network, where its steps are too few.
 * @throws InputError when the radius is not positive.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: trustRegionNewtonCg() });
 * x; // [1.000, 1.000]
 */
export function trustRegionNewtonCg(options: TrustRegionNewtonCgOptions = {}): Optimizer<RegionState> {
  checkNames('trustRegionNewtonCg', options, trustRegionNewtonCgOptions);
  const { radius = 1, curvature = hessianMatrix, maxIterations = 250 } = options;
  checkOptions('trustRegionNewtonCg', { 'a finite number > 0': { radius } });
  return regionMethod({
    name: 'Trust-region Newton-CG',
    demand: productsDemand(maxIterations, 10),
    settings: { radius, curvature: curvature.name, maxIterations },
    region: radius,
    rule: radiusRule,
    batchSize: options.batchSize,
    model: async (objective, at) => {
      const { value, gradient } = await objective.valueAndGradient(at, allRows(objective.rows));
      if (!allFinite(gradient)) return { value, gradient };
      const g = Float64Array.from(gradient);
      const { apply } = matrixProducts(objective.at(at), curvature);
      return {
        value,
        gradient,
        propose: async (region) => {
          const solved = await steihaugToint(apply, g, region, forcing(norm(g), maxIterations));
          const { step, modelChange, status, iterations } = solved;
          return {
            step: status === 'nonFinite' ? step.fill(Number.NaN) : step,
            predicted: -modelChange,
            indefinite: status === 'negativeCurvature',
            details: { cgIterations: iterations },
          };
        },
      };
    },
  });
}

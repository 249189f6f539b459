import type { Matrix } from '../../linalg/matrix.js';
import { residualJacobian } from '../curvature-sources/residual-jacobian.js';
import { allFinite, type Optimizer } from '../optimizer.js';
import { norm } from '../vector.js';
import { type RegionRule, type RegionState, regionMethod } from './parts/region-method.js';
import { requirePositive } from './parts/require-positive.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { dampedStep, scaledLeastSquares } from './parts/scaled-least-squares.js';

export interface LevenbergMarquardtOptions extends RowBatchOptions {
  /** The first radius is this times ‖D·x‖ at the start, or this itself where that is zero (100, as in MINPACK). */
  readonly factor?: number;
}

/** Moré's update of Δ: half where the step disappoints, twice the step where the model is good. */
const radiusRule: RegionRule = {
  accept: 1e-4,
  next: (radius, rho, length) => {
    if (!(rho > 0.25)) return 0.5 * Math.min(radius, 10 * length);
    return rho >= 0.75 ? 2 * length : radius;
  },
};

/** D: the largest norm so far of each column of J, and 1 for a column that has always been zero. */
function grownScale(jacobian: Matrix, before: Float64Array): Float64Array {
  const { rows, columns, data } = jacobian;
  return before.map((old, j) =>
    Math.max(old, norm(Float64Array.from({ length: rows }, (_, i) => data[i * columns + j]!))),
  );
}

/**
 * Levenberg-Marquardt as Moré 1978 (MINPACK) states it, for f = Σ rᵢ²: p minimises ‖J·p + r‖ over ‖D·p‖ ≤ Δ, from QR
 * factorisations of the augmented Jacobian; D grows with the columns of J, so that the iterates do not depend on the units of the
 * variables. A step that is zero, or that cannot decrease f, ends the run as stalled. For small n. Cost a step: a Jacobian,
 * 4mn² operations, and a value and some n³ a trial.
 * @throws InputError when the factor is not positive, or (in a step) the objective is no sum of squares.
 */
export function levenbergMarquardt({
  factor = 100,
  batchSize,
}: LevenbergMarquardtOptions = {}): Optimizer<RegionState> {
  requirePositive('levenbergMarquardt', 'factor', factor);
  return regionMethod({
    name: 'Levenberg-Marquardt',
    settings: { factor },
    region: 0,
    rule: radiusRule,
    batchSize,
    memory: (n) => new Float64Array(n),
    model: async (objective, at, memory) => {
      const { value, gradient, residuals, jacobian } = await residualJacobian(objective, at);
      if (!allFinite(jacobian.data) || !allFinite(residuals)) return { value, gradient };
      const largest = grownScale(jacobian, memory);
      const scale = largest.map((d) => d || 1);
      const problem = scaledLeastSquares(jacobian, residuals, scale);
      return {
        value,
        gradient,
        memory: largest,
        firstRegion: factor * (norm(scale.map((d, i) => d * at[i]!)) || 1),
        propose: (radius) => {
          const { damping, ...step } = dampedStep(problem, radius);
          return { ...step, details: { damping, rank: problem.rank } };
        },
      };
    },
  });
}

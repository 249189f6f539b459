import type { Matrix } from '../../linalg/matrix.js';
import type { RegionRule } from '../../linalg/trust-region/rules.js';
import { residualJacobian } from '../curvature-sources/residual-jacobian.js';
import { allFinite, type Optimizer } from '../optimizer.js';
import { norm } from '../vector.js';
import { type RegionState, regionMethod, requirePositive } from './parts/region-method.js';
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

/** The norms of the columns, row after row, without overflow or underflow of the squares. */
function columnNorms({ rows, columns, data }: Matrix): Float64Array {
  const largest = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) largest[j] = Math.max(largest[j]!, Math.abs(data[at]!));
  }
  const inverse = largest.map((value) => (value > 0 ? 1 / value : 0));
  const squares = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) squares[j]! += (data[at]! * inverse[j]!) ** 2;
  }
  return largest.map((value, j) => value * Math.sqrt(squares[j]!));
}

/** What is kept between steps: for each variable the largest norm so far of its column of J (0: always zero), then the last λ. */
function grown(jacobian: Matrix, before: Float64Array): Float64Array {
  const norms = columnNorms(jacobian);
  return before.map((old, j) => (j < norms.length ? Math.max(old, norms[j]!) : old));
}

/**
 * Levenberg-Marquardt as Moré 1978 (MINPACK) states it, for f = Σ rᵢ²: p minimises ‖J·p + r‖ over ‖D·p‖ ≤ Δ, from QR
 * factorisations of the augmented Jacobian, whose λ is sought from that of the step before; D grows with the columns of J, so that the
 * iterates do not depend on the units of the variables. A step that is zero, or that cannot decrease f, ends the run as stalled. For small
 * n. Cost a step: a Jacobian, 2mn² operations, and a value and some n³ a trial.
 * @throws InputError when the factor is not positive, or (in a step) the objective is not a sum of squares.
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
    memory: (n) => new Float64Array(n + 1),
    model: async (objective, at, memory) => {
      const { value, gradient, residuals, jacobian } = await residualJacobian(objective, at);
      if (!allFinite(jacobian.data) || !allFinite(residuals)) return { value, gradient };
      const kept = grown(jacobian, memory);
      const last = at.length;
      const scale = kept.subarray(0, last).map((d) => d || 1);
      const problem = scaledLeastSquares(jacobian, residuals, scale);
      return {
        value,
        gradient,
        memory: kept,
        firstRegion: factor * (norm(scale.map((d, i) => d * at[i]!)) || 1),
        propose: (radius) => {
          const { damping, ...step } = dampedStep(problem, radius, kept[last]);
          kept[last] = damping;
          return { ...step, details: { damping } };
        },
      };
    },
  });
}

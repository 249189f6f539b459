import { dot, scale } from '../../linalg/vectors.js';
import { hessianMatrix } from '../../objective/matrices.js';
import type { At } from '../../objective/objective.js';
import { curvatureOperator } from '../operators/curvature-operator.js';
import { lossAndGradient } from '../operators/loss-and-gradient.js';

/** q(c) = value + slopes·c + ½ cᵀ curvatures c over the coordinates c along k directions. */
export interface QuadraticModel {
  /** q(0) = L, the loss at the point. */
  readonly value: number;
  /** dᵢᵀ∇L. */
  readonly slopes: readonly number[];
  /** dᵢᵀ∇²L dⱼ, symmetric, row by row. */
  readonly curvatures: readonly (readonly number[])[];
}

/**
 * The second-order Taylor model of the objective over all rows along directions, exact up to rounding: one gradient and one Hessian-vector
 * product a direction. `value` is that at the point.
 * @throws InputError when a product is not finite.
 * @example
 * const along = randomDirection(objective.layout, theta, generator(0));
 * const model = await quadraticModel(objective.at(theta), [along], await objective.value(theta, allRows(objective.rows)));
 * const ahead = quadraticAt(model, [0.5]);
 */
export async function quadraticModel(
  at: At,
  directions: readonly Float64Array[],
  value: number,
): Promise<QuadraticModel> {
  const { gradient } = await lossAndGradient(at);
  // Products in single precision overflow or drown for directions much longer than the parameters.
  const norms = directions.map((d) => Math.sqrt(dot(d, d)) || 1);
  const units = directions.map((d, i) => {
    const unit = d.slice();
    scale(1 / norms[i]!, unit);
    return unit;
  });
  const products = await curvatureOperator(at, hessianMatrix).applyBatch(units);
  const entry = (i: number, j: number): number => norms[i]! * norms[j]! * dot(units[i]!, products[j]!);
  return {
    value,
    slopes: directions.map((d) => dot(d, gradient)),
    curvatures: directions.map((_, i) => directions.map((_, j) => (entry(i, j) + entry(j, i)) / 2)),
  };
}

/** q at coordinates along the directions. */
export function quadraticAt({ value, slopes, curvatures }: QuadraticModel, coordinates: readonly number[]): number {
  let sum = value;
  coordinates.forEach((c, i) => {
    sum += c * slopes[i]!;
    coordinates.forEach((e, j) => {
      sum += 0.5 * c * e * curvatures[i]![j]!;
    });
  });
  return sum;
}

/** How far from a point the second-order model of the loss can be trusted. */
export interface TrustRadius {
  /** Largest radius of the grid, in coordinates, within which the quadratic model holds; 0 when it fails at the nearest point. */
  readonly radius: number;
  /** It holds on the whole grid: the radius is a lower bound. */
  readonly wholeGrid: boolean;
  /** Largest |L − q| over largest |L − L(0)|, at the radius where the model first fails; null when it holds on the whole grid. */
  readonly errorBeyond: number | null;
}

interface TrustPoint {
  readonly radius: number;
  readonly loss: number;
  readonly model: number;
}

/**
 * The largest radius r such that, within every smaller radius too, the largest |L − q| is at most `tolerance` times the largest change
 * |L − L(0)|. Both are maxima over the points within the radius: on the level line through the centre there is no change to compare with.
 * `noise` is what differs by rounding alone; a loss that is not finite is beyond trust.
 */
export function trustRadius(
  points: readonly TrustPoint[],
  centre: number,
  tolerance: number,
  noise: number,
): TrustRadius {
  const sorted = points.filter(({ radius }) => radius > 0).sort((a, b) => a.radius - b.radius);
  let [held, error, change] = [0, 0, 0];
  for (let from = 0; from < sorted.length; ) {
    const { radius } = sorted[from]!;
    // Points of one ring count together, whatever their order.
    const limit = radius * (1 + 1e-9);
    for (; from < sorted.length && sorted[from]!.radius <= limit; from++) {
      const { loss, model } = sorted[from]!;
      error = Math.max(error, Number.isFinite(loss) ? Math.abs(loss - model) : Infinity);
      change = Math.max(change, Number.isFinite(loss) ? Math.abs(loss - centre) : 0);
    }
    if (!(error <= tolerance * change + noise)) {
      return { radius: held, wholeGrid: false, errorBeyond: change > 0 ? error / change : Infinity };
    }
    held = radius;
  }
  return { radius: held, wholeGrid: true, errorBeyond: null };
}

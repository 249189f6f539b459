import { dot, scale } from '../../linalg/krylov/vectors.js';
import { hessianOperator } from '../operators/hessian-operator.js';
import type { CurvatureModel } from '../operators/model.js';
import { meanGradient } from '../operators/row-gradients.js';

/** q(c) = value + slopes·c + ½ cᵀ curvatures c over the coordinates c along k directions. */
export interface QuadraticModel {
  readonly value: number;
  /** dᵢᵀ∇L. */
  readonly slopes: readonly number[];
  /** dᵢᵀ∇²L dⱼ, symmetric, row by row. */
  readonly curvatures: readonly (readonly number[])[];
}

/**
 * The second-order Taylor model of the mean loss over the data along directions, exact up to rounding: one gradient and one
 * Hessian-vector product a direction. `value` is the loss at the model's parameters. InputError when a product is not finite.
 */
export async function quadraticModel(
  model: CurvatureModel,
  directions: readonly Float64Array[],
  value: number,
): Promise<QuadraticModel> {
  const gradient = await meanGradient(model);
  // Products in single precision overflow or drown for directions much longer than the parameters.
  const norms = directions.map((d) => Math.sqrt(dot(d, d)) || 1);
  const units = directions.map((d, i) => {
    const unit = d.slice();
    scale(1 / norms[i]!, unit);
    return unit;
  });
  const products = await hessianOperator(model).applyBatch(units);
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

import type { Matrix } from '../../linalg/matrix.js';
import type { Objective, Vector } from '../objective.js';

/** f to second order at a point, over all rows of an objective. */
export interface DensePoint {
  readonly value: number;
  readonly gradient: Float64Array;
  /** The symmetric curvature matrix B of the model f + gᵀp + ½·pᵀBp. */
  readonly matrix: Matrix;
}

/**
 * Where the second-order part of a model comes from: one matrix, as a whole (small n) or by products (any n). All are of the
 * objective with its weight decay, over all rows, and are summed in float64.
 */
export interface CurvatureSource {
  readonly name: string;
  /** Value, gradient and matrix by one program. Cost: about 2n gradients; memory n². */
  dense(objective: Objective, at: Vector): Promise<DensePoint>;
  /** v ↦ B·v at a point. Cost of a product: one to two gradients; memory of a gradient and what products share (see `Objective.at`). */
  product(objective: Objective, at: Vector): (v: Float64Array) => Promise<Float64Array>;
}

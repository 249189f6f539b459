import { dot } from '../../linalg/krylov/vectors.js';
import { InputError } from '../../tensor/errors.js';
import type { LinearOperator } from '../operators/linear-operator.js';

export interface DirectionalCurvature {
  /** sᵀA s/‖s‖²: between the smallest and the largest eigenvalue. */
  readonly value: number;
  /** sᵀA s/2: what the second order adds to the loss along the step. */
  readonly quadratic: number;
  readonly applications: number;
}

/** The sharpness along a step s, of an optimizer say: one product. InputError for a step that is zero or not finite. */
export async function directionalCurvature(
  operator: LinearOperator,
  step: Float64Array,
): Promise<DirectionalCurvature> {
  const square = dot(step, step);
  if (!(square > 0 && square < Infinity)) {
    throw new InputError(
      `directionalCurvature: the step's squared length is ${square}; it must be positive and finite`,
    );
  }
  const along = dot(step, await operator.apply(step));
  return { value: along / square, quadratic: along / 2, applications: 1 };
}

import { dot } from '../../linalg/vectors.js';
import { checkNames } from '../../tensor/check-options.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { type EigenpairsOptions, eigenpairs, eigenpairsOptions } from './eigenpairs.js';
import type { Eigenpairs } from './thick-restart-lanczos.js';

export interface DirectionalCurvature {
  /** sᵀA s/‖s‖²: between the smallest and the largest eigenvalue. */
  readonly value: number;
  /** sᵀA s/2: what the second order adds to the loss along the step. */
  readonly quadratic: number;
  /** Products of the operator with single vectors that it took. */
  readonly applications: number;
}

/**
 * The sharpness along a step s, of an optimizer say: one product.
 * @throws InputError for a step that is zero or not finite.
 * @example
 * const { value } = await directionalCurvature(denseOperator(matrixFromRows([[4, 1], [1, 3]])), Float64Array.of(1, 0));
 * value; // 4
 */
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

export interface GradientAlignment {
  /** As of `eigenpairs`. */
  readonly status: Eigenpairs['status'];
  /** Σ (xᵢᵀg)²/‖g‖²: the share of the gradient that lies in the space of the eigenvectors, from 0 to 1; k/n for a random direction. */
  readonly share: number;
  /** (xᵢᵀg)²/‖g‖² of each eigenvector. */
  readonly shares: Float64Array;
  /** The eigenvalues, the largest first. */
  readonly values: Float64Array;
  /** ‖A x − λ x‖ of each eigenpair. */
  readonly residuals: Float64Array;
  /** Products of the operator with single vectors that it took. */
  readonly applications: number;
}

/**
 * How much of a gradient lies in the top eigenspace of a symmetric operator (Gur-Ari, Roberts and Dyer 2018). Cost: as `eigenpairs`.
 * @throws As `eigenpairs`; ShapeError for a gradient of another length, InputError for one that is zero or not finite.
 * @example
 * const gradient = Float64Array.of(3, 4);
 * const { share } = await gradientAlignment(denseOperator(matrixFromRows([[4, 0], [0, 1]])), gradient, { count: 1 });
 * share; // 0.36
 */
export async function gradientAlignment(
  operator: LinearOperator,
  gradient: Float64Array,
  options: EigenpairsOptions,
): Promise<GradientAlignment> {
  checkNames('gradientAlignment', options, eigenpairsOptions);
  if (gradient.length !== operator.size) {
    throw new ShapeError(
      `gradientAlignment: the gradient has ${gradient.length} elements and "${operator.name}" is ${operator.size} x ${operator.size}`,
    );
  }
  const square = dot(gradient, gradient);
  if (!(square > 0 && square < Infinity)) {
    throw new InputError(
      `gradientAlignment: the gradient's squared length is ${square}; it must be positive and finite`,
    );
  }
  const { status, values, vectors, residuals, applications } = await eigenpairs(operator, options);
  const shares = Float64Array.from(vectors, (x) => dot(x, gradient) ** 2 / square);
  return { status, share: shares.reduce((sum, s) => sum + s, 0), shares, values, residuals, applications };
}

import { compile } from '../../compile/index.js';
import type { Objective } from '../../objective/objective.js';
import { checkOptions } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';

/** How a mean loss is a likelihood of the whole data set: log p(D|θ) = constant − scale · loss. */
export interface Likelihood {
  readonly scale: number;
  readonly constant: number;
  /** σ² of a Gaussian likelihood, else null. */
  readonly noise: number | null;
}

/**
 * For a loss that is a sum of squares the Gaussian with variance `noise` around the outputs; for others the distribution whose negative
 * log-likelihood the loss is, of which the part that does not depend on the outputs is left out. InputError for a noise that is not positive, or
 * given for another loss, and for a sum of losses that is not a negative log-likelihood.
 */
export function likelihoodOf(objective: Objective, noise?: number): Likelihood {
  const { loss, score, normalizer, residuals } = objective.batch(1);
  const { outputs } = compile({ loss, score });
  // Each loss counts as often as its log-likelihood does where both are the same expression.
  if (outputs.loss !== outputs.score) {
    throw new InputError(
      'laplace: the sum of several losses is a negative log-likelihood only if the weight of each is its normalizer for one row (the number of elements for squaredError()); weight them so',
    );
  }
  const parts = objective.rows * normalizer;
  if (residuals === undefined) {
    if (noise === undefined) return { scale: parts, constant: 0, noise: null };
    throw new InputError('laplace: a noise is given, and the loss is not a sum of squares; leave it out');
  }
  checkOptions('laplace', { 'a finite number > 0': { noise } });
  const variance = noise ?? 0.5;
  const elements = objective.rows * residuals.size;
  return {
    scale: parts / (2 * variance),
    constant: -0.5 * elements * Math.log(2 * Math.PI * variance),
    noise: variance,
  };
}

/** Σ s/(s + τ): the number of parameters that the data determine (MacKay 1992). */
export function effectiveParameters(eigenvalues: Float64Array, tau: number): number {
  let sum = 0;
  for (const s of eigenvalues) sum += s / (s + tau);
  return sum;
}

/**
 * The τ that maximises the evidence −½ τ‖θ‖² + ½ n log τ − ½ Σ log(sᵢ + τ) of positive semi-definite eigenvalues sᵢ: the one root of
 * γ(τ) = τ‖θ‖² with γ the effective number of parameters, which falls while the right side rises; by bisection of log τ. InputError when
 * there is none: parameters or eigenvalues that are all zero.
 */
export function tunePriorPrecision(eigenvalues: Float64Array, squaredNorm: number): number {
  if (!(squaredNorm > 0)) {
    throw new InputError(
      'laplace: all parameters are zero, so that the evidence grows with the prior precision without bound',
    );
  }
  if (!eigenvalues.some((s) => s > 0)) {
    throw new InputError(
      'laplace: the curvature is zero, so that the evidence falls with the prior precision without bound',
    );
  }
  const excess = (tau: number): number => effectiveParameters(eigenvalues, tau) - tau * squaredNorm;
  let high = eigenvalues.length / squaredNorm;
  let low = high;
  while (excess(low) <= 0) low /= 16;
  while (high / low > 1 + 1e-14) {
    const middle = Math.sqrt(low * high);
    if (middle <= low || middle >= high) break;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

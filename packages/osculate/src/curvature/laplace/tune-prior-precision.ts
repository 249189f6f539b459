import { InputError } from '../../tensor/errors.js';

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
      'laplace: all parameters are zero, so that the evidence grows with the prior precision for ever',
    );
  }
  if (!eigenvalues.some((s) => s > 0)) {
    throw new InputError(
      'laplace: the curvature is zero, so that the evidence falls with the prior precision for ever',
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

import { euclideanNorm } from '../dense/norms.js';

/**
 * Why rho = rᵀM⁻¹r is not positive: a preconditioner that is not positive definite, or an inner product that is NaN or has left the
 * range of doubles.
 */
export function notPositive(rho: number, r: Float64Array): 'indefinite' | 'nonFinite' {
  if (rho < 0) return 'indefinite';
  return rho === 0 && euclideanNorm(r) ** 2 > 0 ? 'indefinite' : 'nonFinite';
}

import { dot, norm } from '../vector.js';

/** True when sᵀy is positive beyond rounding, so that an update by the pair keeps the approximation positive definite. */
export function isUsablePair(s: Float64Array, y: Float64Array): boolean {
  return dot(s, y) > 1e-12 * norm(s) * norm(y);
}

import { lsmr } from '../../../linalg/krylov/lsmr.js';
import type { ResidualProducts } from '../../curvature-sources/residual-products.js';
import { scaled } from '../../vector.js';

/** When an inner solve by LSMR ends. */
export interface LsmrSolveOptions {
  /** Inner iterations at most (100). */
  readonly maxIterations?: number;
  /**
   * ‖Jᵀ(J·p + r)‖ relative to ‖J‖·‖J·p + r‖, damping included, at which an inner solve ends (1e-10; at least ten
   * roundings of the objective's dtype, since products know no more). */
  readonly tolerance?: number;
}

/** The defaults of an inner solve. */
export function lsmrOptions({ maxIterations = 100, tolerance = 1e-10 }: LsmrSolveOptions) {
  return { maxIterations, tolerance };
}

/** p that minimises ‖J·p + r‖² + λ·‖p‖² by LSMR, never from JᵀJ. Cost: a product with J and one with Jᵀ an iteration. */
export async function leastSquaresStep(
  { residuals, gradient, roundoff, apply, applyTranspose }: ResidualProducts,
  lambda: number,
  { maxIterations, tolerance }: Required<LsmrSolveOptions>,
): Promise<{ step: Float64Array; iterations: number }> {
  const right = scaled(residuals, -1);
  const damping = Math.sqrt(lambda);
  const { solution, iterations, status } = await lsmr(apply, applyTranspose, right, gradient.length, {
    maxIterations,
    tolerance: Math.max(tolerance, 10 * roundoff),
    damping,
  });
  return { step: status === 'nonFinite' ? solution.fill(Number.NaN) : solution, iterations };
}

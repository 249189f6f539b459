import type { LinearOperator } from '../operators/linear-operator.js';
import { type QuadratureEstimate, type QuadratureOptions, quadratureRuns, traceFromRuns } from './quadrature-trace.js';

/**
 * ‖A‖₊ = Σ |λᵢ| of a symmetric operator by stochastic Lanczos quadrature of |λ| (Ubaru, Chen and Saad 2017): probes · steps products. The kink
 * at zero makes the quadrature converge as one over the steps where eigenvalues crowd there; `quadratureError` says what is left of it.
 */
export async function nuclearNormEstimate(
  operator: LinearOperator,
  options: QuadratureOptions,
): Promise<QuadratureEstimate> {
  const runs = await quadratureRuns('nuclearNormEstimate', operator, options, (made) =>
    traceFromRuns(operator.size, made, Math.abs),
  );
  return traceFromRuns(operator.size, runs, Math.abs);
}

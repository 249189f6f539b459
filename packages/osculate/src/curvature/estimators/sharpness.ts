import type { LinearOperator } from '../operators/linear-operator.js';
import { type EigenpairsOptions, eigenpairs } from './eigenpairs.js';
import type { Eigenpairs } from './ritz-pairs.js';

export interface Sharpness {
  /** As of `eigenpairs`: unless 'converged', the residual says how good the value is. */
  readonly status: Eigenpairs['status'];
  readonly value: number;
  /** There is an eigenvalue within this, and the rounding of the products, of the value. */
  readonly residual: number;
  /** The unit direction of largest curvature. */
  readonly direction: Float64Array;
  readonly applications: number;
}

/** λmax of a symmetric operator with its eigenvector: 2 over the largest stable step of gradient descent. Errors as `eigenpairs`. */
export async function sharpness(
  operator: LinearOperator,
  options: Pick<EigenpairsOptions, 'generator' | 'tolerance' | 'maxApplications'>,
): Promise<Sharpness> {
  const { status, values, vectors, residuals, applications } = await eigenpairs(operator, { ...options, count: 1 });
  return { status, value: values[0]!, residual: residuals[0]!, direction: vectors[0]!, applications };
}

import { lobpcg } from '../../linalg/index.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { type Generator, generator as seeded } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { drawProbes, requireSymmetric } from './estimate.js';
import { type Eigenpairs, type SpectrumEnd, thickRestartLanczos } from './thick-restart-lanczos.js';

export interface EigenpairsOptions {
  /** Draws the start (default `generator(0)`). */
  readonly generator?: Generator;
  /** How many eigenpairs are sought. */
  readonly count: number;
  /** Which end of the spectrum they are at (default 'largest'). */
  readonly which?: SpectrumEnd;
  /** Converged when ‖A x − λ x‖ ≤ tolerance times the largest |λ| in sight, for each pair; default 1e-6. */
  readonly tolerance?: number;
  /** Products, at most; default 1000. */
  readonly maxApplications?: number;
  /** 'lobpcg' works on all pairs at once, which finds multiple eigenvalues and can be preconditioned. Default 'lanczos'. */
  readonly method?: 'lanczos' | 'lobpcg';
  /** Vectors that Lanczos keeps before it restarts: at least count + 2. Default: 2 count + 10, at least 20. */
  readonly basis?: number;
  /** For LOBPCG: an approximate inverse of A − λI, symmetric positive definite. Its products are not counted. */
  readonly precondition?: LinearOperator;
}

export const eigenpairsOptions: OptionNames<EigenpairsOptions> = {
  generator: 1,
  count: 1,
  which: 1,
  tolerance: 1,
  maxApplications: 1,
  method: 1,
  basis: 1,
  precondition: 1,
};

async function blockGradients(operator: LinearOperator, options: EigenpairsOptions): Promise<Eigenpairs> {
  const {
    generator = seeded(0),
    count,
    which = 'largest',
    tolerance = 1e-6,
    maxApplications = 1000,
    precondition,
  } = options;
  if (which === 'magnitude') {
    throw new InputError('eigenpairs: LOBPCG finds one end of the spectrum; ask for "largest" or "smallest"');
  }
  let applications = 0;
  const apply = (v: Float64Array): Promise<Float64Array> => {
    applications++;
    return operator.apply(v);
  };
  const { status, ...found } = await lobpcg(apply, drawProbes(count, operator.size, 'normal', generator), {
    which,
    tolerance,
    maxIterations: Math.floor(maxApplications / count) - 1,
    ...(precondition && { precondition: (v: Float64Array) => precondition.apply(v) }),
  });
  if (status === 'nonFinite') throw new InputError(`eigenpairs: a product with "${operator.name}" is not finite`);
  const { values, vectors, residuals } = found;
  return { status, values, vectors, residuals, applications };
}

/**
 * Extreme eigenpairs of a symmetric operator, from a random start: by Lanczos with thick restarts (`basis` + 2 vectors kept) or by LOBPCG (6
 * count).
 * @throws InputError for an operator that is not symmetric, a count that does not fit, or a product that is not finite; that the tolerance
 *   was not reached is told by the status.
 * @example
 * const { values, vectors } = await eigenpairs(hessian(objective, theta), { count: 3 });
 * values.length; // 3
 */
export async function eigenpairs(operator: LinearOperator, options: EigenpairsOptions): Promise<Eigenpairs> {
  checkNames('eigenpairs', options, eigenpairsOptions);
  if (options?.count === undefined) throw new InputError('eigenpairs: say how many pairs: { count: 5 }');
  const { generator = seeded(0), count, which = 'largest', tolerance = 1e-6, maxApplications = 1000 } = options;
  requireSymmetric('eigenpairs', operator);
  checkOptions('eigenpairs', { 'an integer ≥ 1': { count } });
  if (count > operator.size) {
    throw new InputError(`eigenpairs: ${count} are asked for and "${operator.name}" has ${operator.size}`);
  }
  checkOptions('eigenpairs', { [`an integer ≥ ${count + 1}` as const]: { maxApplications } });
  if (options.method === 'lobpcg') return blockGradients(operator, options);
  const { basis = Math.max(2 * count + 10, 20) } = options;
  checkOptions('eigenpairs', { [`an integer ≥ ${count + 2}` as const]: { basis } });
  return thickRestartLanczos(operator, { generator, count, which, tolerance, maxApplications, basis });
}

export interface Sharpness {
  /** As of `eigenpairs`: unless 'converged', the residual says how good the value is. */
  readonly status: Eigenpairs['status'];
  /** λmax, as far as it is known. */
  readonly value: number;
  /** There is an eigenvalue within this, and the rounding of the products, of the value. */
  readonly residual: number;
  /** The unit direction of largest curvature. */
  readonly direction: Float64Array;
  /** Products of the operator with single vectors that it took. */
  readonly applications: number;
}

/**
 * λmax of a symmetric operator with its eigenvector: 2 over the largest stable step of gradient descent.
 * @throws As `eigenpairs`.
 * @example
 * const { value } = await sharpness(hessian(objective, theta), {});
 * const largestStableRate = 2 / value;
 */
export async function sharpness(
  operator: LinearOperator,
  options: Pick<EigenpairsOptions, 'generator' | 'tolerance' | 'maxApplications'>,
): Promise<Sharpness> {
  checkNames('sharpness', options, { generator: 1, tolerance: 1, maxApplications: 1 });
  const { status, values, vectors, residuals, applications } = await eigenpairs(operator, { ...options, count: 1 });
  return { status, value: values[0]!, residual: residuals[0]!, direction: vectors[0]!, applications };
}

import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { type EigenpairsOptions, eigenpairs } from './eigenpairs.js';
import type { Eigenpairs } from './thick-restart-lanczos.js';

export interface ConditionNumberOptions
  extends Pick<EigenpairsOptions, 'generator' | 'tolerance' | 'maxApplications' | 'method'> {
  /** δ, added to every eigenvalue; default 0. */
  readonly damping?: number;
}

const conditionNumberOptions: OptionNames<ConditionNumberOptions> = {
  damping: 1,
  generator: 1,
  tolerance: 1,
  maxApplications: 1,
  method: 1,
};

export interface ConditionNumber {
  /** 'converged' when both ends are; otherwise the bounds say how good the value is. */
  readonly status: Eigenpairs['status'];
  /** (λmax + δ)/(λmin + δ) of the Ritz values, which lie between the eigenvalues: never more than the truth. */
  readonly value: number;
  /** The same with both ends moved out by their residuals; infinite when the smallest end may be zero. */
  readonly upper: number;
  /** The smallest Ritz value, without the damping. */
  readonly smallest: number;
  /** The largest Ritz value, without the damping. */
  readonly largest: number;
  /** Products of the operator with single vectors that it took. */
  readonly applications: number;
}

/**
 * κ(A + δI) of a symmetric positive definite A + δI from both ends of its spectrum, by Lanczos with thick restarts or LOBPCG. The budget
 * holds for each end.
 * @throws As `eigenpairs`; InputError when A + δI shows to be not positive definite.
 * @example
 * const { value } = await conditionNumber(denseOperator(matrixFromRows([[4, 0], [0, 1]])), { generator: generator(0) });
 * value; // 4.000
 */
export async function conditionNumber(
  operator: LinearOperator,
  options: ConditionNumberOptions,
): Promise<ConditionNumber> {
  checkNames('conditionNumber', options, conditionNumberOptions);
  const { damping = 0, ...given } = options;
  const high = await eigenpairs(operator, { ...given, count: 1, which: 'largest' });
  const low = await eigenpairs(operator, { ...given, count: 1, which: 'smallest' });
  const [largest, smallest] = [high.values[0]!, low.values[0]!];
  if (!(smallest + damping > 0)) {
    throw new InputError(
      `conditionNumber: "${operator.name}" has a Ritz value of ${smallest} and the damping is ${damping}; it must exceed ${-smallest}`,
    );
  }
  const bottom = smallest + damping - low.residuals[0]!;
  return {
    status: high.status === 'converged' ? low.status : high.status,
    value: (largest + damping) / (smallest + damping),
    upper: bottom > 0 ? (largest + damping + high.residuals[0]!) / bottom : Infinity,
    smallest,
    largest,
    applications: high.applications + low.applications,
  };
}

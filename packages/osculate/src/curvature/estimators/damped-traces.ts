import { InputError } from '../../tensor/errors.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import type { Estimate } from './estimate.js';
import { type SpectralDensity, type SpectralDensityOptions, spectralDensity } from './spectral-density.js';

export interface DampedOptions extends SpectralDensityOptions {
  /** δ, added to every eigenvalue. */
  readonly damping: number;
}

/** The density of A, of which A + δI has shown nothing that is not positive. */
async function positiveDensity(
  what: string,
  operator: LinearOperator,
  options: DampedOptions,
): Promise<SpectralDensity> {
  const density = await spectralDensity(operator, options);
  const { smallest } = density.range();
  if (smallest + options.damping > 0) return density;
  throw new InputError(
    `${what}: "${operator.name}" has a Ritz value of ${smallest} and the damping is ${options.damping}; it must exceed ${-smallest}`,
  );
}

/** log det(A + δI) = Σ log(λᵢ + δ) by stochastic Lanczos quadrature. InputError when A + δI shows to be not positive definite. */
export async function logDeterminantEstimate(operator: LinearOperator, options: DampedOptions): Promise<Estimate> {
  const density = await positiveDensity('logDeterminantEstimate', operator, options);
  return density.traceOf((x) => Math.log(x + options.damping));
}

/**
 * The effective dimension tr A(A + δI)⁻¹ = Σ λᵢ/(λᵢ + δ) of a positive semi-definite A (MacKay 1992), by stochastic Lanczos quadrature.
 * InputError when A + δI shows to be not positive definite.
 */
export async function effectiveDimension(operator: LinearOperator, options: DampedOptions): Promise<Estimate> {
  const density = await positiveDensity('effectiveDimension', operator, options);
  return density.traceOf((x) => x / (x + options.damping));
}

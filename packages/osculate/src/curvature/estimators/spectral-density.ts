import { checkNames, checkOptions, type OptionNames, optionsOf } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { type Generator, generator as seeded } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { type Estimate, meanOf, requireSymmetric } from './estimate.js';
import { lanczosQuadrature, type Quadrature } from './quadrature.js';

export interface SpectralDensityOptions {
  /** Draws the probes (default `generator(0)`). */
  readonly generator?: Generator;
  /** Lanczos runs; default 10. */
  readonly probes?: number;
  /** Products in each run, at most n; default 60. */
  readonly steps?: number;
}

const spectralDensityOptions: OptionNames<SpectralDensityOptions> = { generator: 1, probes: 1, steps: 1 };

export interface DensityCurve {
  readonly points: Float64Array;
  /** Density of eigenvalues at each point: it integrates to 1 over all eigenvalues. */
  readonly values: Float64Array;
  readonly standardErrors: Float64Array;
  /** Standard deviation of the Gaussian that stands for each eigenvalue. */
  readonly width: number;
}

/**
 * The eigenvalue distribution of a symmetric operator, as one quadrature for each probe (stochastic Lanczos quadrature). Its
 * moments to 2·steps − 1 are exact for each probe; the standard errors are those between the probes, and themselves rough when
 * few probes meet a quantity that few eigenvalues make up.
 * @example
 * const density = await spectralDensity(ggn(objective, theta), { probes: 4, steps: 10 });
 * const { value, standardError } = density.traceOf((eigenvalue) => Math.max(0, eigenvalue));
 */
export class SpectralDensity {
  constructor(
    /** n of the n × n operator. */
    readonly size: number,
    /** Nodes and weights of each probe; the weights of a probe add up to 1. */
    readonly quadratures: readonly Quadrature[],
    /** Products of the operator with single vectors that it took. */
    readonly applications: number,
  ) {}

  /** tr f(A) = Σ f(λᵢ). */
  traceOf(f: (eigenvalue: number) => number): Estimate {
    const samples = this.quadratures.map(({ nodes, weights }) =>
      nodes.reduce((sum, node, i) => sum + (weights[i]! === 0 ? 0 : this.size * weights[i]! * f(node)), 0),
    );
    return { ...meanOf(samples), applications: this.applications };
  }

  /** Smallest and largest Ritz value. */
  range(): { readonly smallest: number; readonly largest: number } {
    const ends = this.quadratures.map(({ nodes }) => [nodes[0]!, nodes.at(-1)!] as const);
    return { smallest: Math.min(...ends.map(([a]) => a)), largest: Math.max(...ends.map(([, b]) => b)) };
  }

  /**
   * The density smoothed by a Gaussian of the given width (default: a hundredth of the range), at `points` equidistant places from
   * three widths below the smallest Ritz value to three above the largest. InputError for a width that is not positive.
   */
  curve({ points = 401, width }: { readonly points?: number; readonly width?: number } = {}): DensityCurve {
    const { smallest, largest } = this.range();
    const sigma = width ?? Math.max((largest - smallest) / 100, Number.EPSILON * Math.abs(largest), Number.MIN_VALUE);
    if (!(sigma > 0)) throw new InputError(`spectral density: the width is ${width}; it must be positive`);
    checkOptions('spectral density', { 'an integer ≥ 2': { points } });
    const [from, to] = [smallest - 3 * sigma, largest + 3 * sigma];
    const at = Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
    const norm = this.size * sigma * Math.sqrt(2 * Math.PI);
    const estimates = Array.from(at, (t) => this.traceOf((x) => Math.exp(-0.5 * ((x - t) / sigma) ** 2) / norm));
    return {
      points: at,
      values: Float64Array.from(estimates, ({ value }) => value),
      standardErrors: Float64Array.from(estimates, ({ standardError }) => standardError),
      width: sigma,
    };
  }
}

/**
 * Stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017; Ghorbani, Krishnan and Xiao 2019): a Lanczos run with full reorthogonalisation
 * from each Rademacher probe, of which the eigenvalues of T are the nodes and the squared first elements of its eigenvectors the weights.
 * probes · steps products; steps vectors are kept.
 * @throws InputError for fewer than two probes or an operator that is not symmetric.
 * @example
 * const density = await spectralDensity(hessian(objective, theta), { probes: 4, steps: 10 });
 * const { points, values } = density.curve({ points: 200 });
 */
export async function spectralDensity(
  operator: LinearOperator,
  options: SpectralDensityOptions,
): Promise<SpectralDensity> {
  checkNames('spectralDensity', options, spectralDensityOptions);
  const { generator = seeded(0), probes = 10, steps = 60 } = options;
  requireSymmetric('spectralDensity', operator);
  checkOptions('spectralDensity', { 'an integer ≥ 2': { probes }, 'an integer ≥ 1': { steps } });
  const quadratures: Quadrature[] = [];
  let applications = 0;
  for (let probe = 0; probe < probes; probe++) {
    const {
      nodes,
      weights,
      applications: made,
    } = await lanczosQuadrature('spectralDensity', operator, steps, generator);
    quadratures.push({ nodes, weights });
    applications += made;
  }
  return new SpectralDensity(operator.size, quadratures, applications);
}

export interface DampedOptions extends SpectralDensityOptions {
  /** δ, added to every eigenvalue. */
  readonly damping: number;
}

const dampedOptions: OptionNames<DampedOptions> = { ...spectralDensityOptions, damping: 1 };

/** The density of A, of which A + δI has shown nothing that is not positive. */
async function positiveDensity(
  what: string,
  operator: LinearOperator,
  options: DampedOptions,
): Promise<SpectralDensity> {
  const density = await spectralDensity(operator, optionsOf<SpectralDensityOptions>(options, spectralDensityOptions));
  const { smallest } = density.range();
  if (smallest + options.damping > 0) return density;
  throw new InputError(
    `${what}: "${operator.name}" has a Ritz value of ${smallest} and the damping is ${options.damping}; it must exceed ${-smallest}`,
  );
}

/**
 * log det(A + δI) = Σ log(λᵢ + δ) by stochastic Lanczos quadrature.
 * @throws InputError when A + δI shows to be not positive definite.
 * @example
 * const { value } = await logDeterminantEstimate(denseOperator(matrixFromRows([[3, 0], [0, 1]])), { damping: 1 });
 * value; // 2.08
 */
export async function logDeterminantEstimate(operator: LinearOperator, options: DampedOptions): Promise<Estimate> {
  checkNames('logDeterminantEstimate', options, dampedOptions);
  const density = await positiveDensity('logDeterminantEstimate', operator, options);
  return density.traceOf((x) => Math.log(x + options.damping));
}

/**
 * The effective dimension tr A(A + δI)⁻¹ = Σ λᵢ/(λᵢ + δ) of a positive semi-definite A (MacKay 1992), by stochastic Lanczos quadrature.
 * @throws InputError when A + δI shows to be not positive definite.
 * @example
 * const { value } = await effectiveDimension(ggn(objective, theta), { damping: 1e-3, probes: 4, steps: 10 });
 */
export async function effectiveDimension(operator: LinearOperator, options: DampedOptions): Promise<Estimate> {
  checkNames('effectiveDimension', options, dampedOptions);
  const density = await positiveDensity('effectiveDimension', operator, options);
  return density.traceOf((x) => x / (x + options.damping));
}

import { euclideanNorm } from '../../linalg/index.js';
import { orthogonalize } from '../../linalg/krylov/long-vectors.js';
import { axpy, dot, scale } from '../../linalg/vectors.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { type Generator, generator as seeded } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { drawProbe, drawProbes, type Estimate, meanOf, type ProbeDistribution, requireSymmetric } from './estimate.js';

export interface ProbeOptions {
  /** Draws the probes (default `generator(0)`). */
  readonly generator?: Generator;
  /** Products, one a probe; default 32. */
  readonly probes?: number;
}

export const probeOptions: OptionNames<ProbeOptions> = { generator: 1, probes: 1 };

export interface HutchinsonOptions {
  /** Draws the probes (default `generator(0)`). */
  readonly generator?: Generator;
  /** Probes, one product each; with a tolerance the most that are made. Default 32. */
  readonly probes?: number;
  /** Stop when the standard error is at most this fraction of the estimate; at least 8 probes are made. */
  readonly tolerance?: number;
  /** How probes are drawn; by default Rademacher, which is exact for a diagonal matrix. */
  readonly distribution?: ProbeDistribution;
}

const hutchinsonOptions: OptionNames<HutchinsonOptions> = { generator: 1, probes: 1, tolerance: 1, distribution: 1 };

/** Probes multiplied at once, and fewest before the standard error is believed. */
const together = 8;

/**
 * tr A as the mean of vᵀA v over random v with E vvᵀ = I (Hutchinson 1989). Variance with Rademacher probes: 2 Σ_{i≠j} Aᵢⱼ² / probes for a
 * symmetric A.
 * @throws InputError for fewer than two probes or a negative tolerance.
 * @example
 * const { value, standardError } = await hutchinson(hessian(objective, theta), { probes: 16 });
 */
export async function hutchinson(operator: LinearOperator, options: HutchinsonOptions = {}): Promise<Estimate> {
  checkNames('hutchinson', options, hutchinsonOptions);
  const { generator = seeded(0), probes = 32, tolerance, distribution = 'rademacher' } = options;
  checkOptions('hutchinson', { 'an integer ≥ 2': { probes }, 'a number ≥ 0': { tolerance } });
  const samples: number[] = [];
  while (samples.length < probes) {
    const count = Math.min(together, probes - samples.length);
    const vectors = drawProbes(count, operator.size, distribution, generator);
    const products = await operator.applyBatch(vectors);
    for (let k = 0; k < count; k++) samples.push(dot(vectors[k]!, products[k]!));
    if (tolerance === undefined || samples.length < 2) continue;
    const { value, standardError } = meanOf(samples);
    if (standardError <= tolerance * Math.abs(value)) break;
  }
  return { ...meanOf(samples), applications: samples.length };
}

/**
 * ‖A‖_F from E ‖A v‖² = ‖A‖_F² over Rademacher v, one product a probe. The standard error is that of the square carried through the root to
 * first order, so the relative error of the norm is half of the square's.
 * @throws InputError for fewer than two probes.
 * @example
 * const { value } = await frobeniusNormEstimate(hessian(objective, theta), { probes: 16 });
 */
export async function frobeniusNormEstimate(operator: LinearOperator, options: ProbeOptions): Promise<Estimate> {
  checkNames('frobeniusNormEstimate', options, probeOptions);
  const { generator = seeded(0), probes = 32 } = options;
  checkOptions('frobeniusNormEstimate', { 'an integer ≥ 2': { probes } });
  const squares: number[] = [];
  while (squares.length < probes) {
    const product = await operator.apply(drawProbe(operator.size, 'rademacher', generator));
    squares.push(dot(product, product));
  }
  const square = meanOf(squares);
  const value = Math.sqrt(square.value);
  return {
    value,
    standardError: value === 0 ? 0 : square.standardError / (2 * value),
    applications: probes,
  };
}

/** What is left of a column below this fraction of the longest is rounding error. */
const negligible = 1e-13;

export interface Orthonormal {
  /** An orthonormal basis of the columns' span. */
  readonly basis: Float64Array[];
  /** Basis coefficients of each column: column j is Σᵢ basis[i] coefficients[j][i]. */
  readonly coefficients: Float64Array[];
}

/** Orthonormalises columns by Gram-Schmidt twice; those that depend on the ones before add no vector. */
function orthonormalize(columns: readonly Float64Array[]): Orthonormal {
  const longest = Math.max(0, ...columns.map((v) => euclideanNorm(v)));
  const basis: Float64Array[] = [];
  const coefficients = columns.map((column) => {
    const rest = column.slice();
    const along = new Float64Array(columns.length);
    along.set(orthogonalize(basis, rest));
    const left = euclideanNorm(rest);
    if (left > negligible * longest) {
      along[basis.length] = left;
      scale(1 / left, rest);
      basis.push(rest);
    }
    return along;
  });
  return { basis, coefficients };
}

/** v − Q Qᵀ v. */
function projectOut(basis: readonly Float64Array[], v: Float64Array): Float64Array {
  const rest = v.slice();
  orthogonalize(basis, rest);
  return rest;
}

export interface TraceOptions {
  /** Draws the probes (default `generator(0)`). */
  readonly generator?: Generator;
  /** Products with the operator, at most. */
  readonly applications: number;
}

const traceOptions: OptionNames<TraceOptions> = { generator: 1, applications: 1 };

/**
 * tr A by Hutch++ (Meyer, Musco, Musco and Woodruff 2021): the exact trace on the range of A times a third of the probes, and Hutchinson's
 * estimate on what is orthogonal to it. Error O(1/m) in m products for a positive semi-definite A, against Hutchinson's O(1/√m). The
 * standard error is that of the second part.
 * @throws InputError for fewer than 6 products.
 * @example
 * const { value } = await hutchPlusPlus(denseOperator(matrixFromRows([[4, 1], [1, 3]])), { applications: 12 });
 * value; // 7.000
 */
export async function hutchPlusPlus(operator: LinearOperator, options: TraceOptions): Promise<Estimate> {
  checkNames('hutchPlusPlus', options, traceOptions);
  const { generator = seeded(0), applications } = options;
  checkOptions('hutchPlusPlus', { 'an integer ≥ 6': { applications } });
  const n = operator.size;
  const third = Math.floor(applications / 3);
  const sketch = Math.min(third, n);
  const { basis } = orthonormalize(await operator.applyBatch(drawProbes(sketch, n, 'normal', generator)));
  const images = await operator.applyBatch(basis);
  const captured = basis.reduce((sum, q, i) => sum + dot(q, images[i]!), 0);
  // With the whole space captured nothing is left to estimate.
  if (basis.length === n) return { value: captured, standardError: 0, applications: sketch + n };
  const probes = drawProbes(applications - 2 * third, n, 'rademacher', generator).map((v) => projectOut(basis, v));
  const products = await operator.applyBatch(probes);
  const rest = meanOf(probes.map((v, k) => dot(v, products[k]!)));
  return {
    value: captured + rest.value,
    standardError: rest.standardError,
    applications: sketch + basis.length + probes.length,
  };
}

/** For each i a unit vector of coefficients orthogonal to all columns of R but column i: normalised columns of R⁻ᵀ. */
function leaveOneOut(r: readonly Float64Array[]): Float64Array[] {
  const k = r.length;
  return r.map((_, i) => {
    const s = new Float64Array(k);
    for (let j = i; j < k; j++) {
      let sum = j === i ? 1 : 0;
      for (let l = i; l < j; l++) sum -= r[j]![l]! * s[l]!;
      s[j] = sum / r[j]![j]!;
    }
    scale(1 / euclideanNorm(s), s);
    return s;
  });
}

/** aᵀ H b for a matrix given by its columns. */
function form(a: Float64Array, h: readonly Float64Array[], b: Float64Array): number {
  return h.reduce((sum, column, j) => sum + b[j]! * dot(a, column), 0);
}

/**
 * tr A of a symmetric A by XTrace (Epperly, Tropp and Webber 2024): every probe in turn is left out of the basis that the others span and
 * estimates what is orthogonal to it; the mean of these is exchangeable in the probes and of least variance among such. Takes two products a
 * probe. Where the products span the range of A the result is exact. The error follows Hutch++'s rate with a smaller constant, and falls
 * exponentially with the number of products where the spectrum does.
 * @throws InputError for fewer than 4 products or an operator that is not symmetric.
 * @example
 * const { value } = await xtrace(denseOperator(matrixFromRows([[4, 1], [1, 3]])), { applications: 4 });
 * value; // 7.000
 */
export async function xtrace(operator: LinearOperator, options: TraceOptions): Promise<Estimate> {
  checkNames('xtrace', options, traceOptions);
  const { generator = seeded(0), applications } = options;
  checkOptions('xtrace', { 'an integer ≥ 4': { applications } });
  requireSymmetric('xtrace', operator);
  const n = operator.size;
  const count = Math.min(Math.floor(applications / 2), n);
  const probes = drawProbes(count, n, 'sphere', generator);
  const { basis, coefficients: r } = orthonormalize(await operator.applyBatch(probes));
  const images = await operator.applyBatch(basis);
  const trace = basis.reduce((sum, q, i) => sum + dot(q, images[i]!), 0);
  const used = count + basis.length;
  // Fewer directions than probes: they span the range of A. As many as n: they span everything.
  if (basis.length < count || count === n) return { value: trace, standardError: 0, applications: used };
  const h = images.map((image) => Float64Array.from(basis, (q) => dot(q, image)));
  const samples = leaveOneOut(r).map((s, i) => {
    const w = Float64Array.from(basis, (q) => dot(q, probes[i]!));
    const x = w.slice();
    axpy(-dot(s, w), s, x);
    const outside = dot(w, r[i]!) - 2 * dot(r[i]!, x) + form(x, h, x);
    // The part of the probe outside the basis, stretched to the length it has on average.
    const stretch = (n - count + 1) / (n - dot(x, x));
    return trace - form(s, h, s) + stretch * outside;
  });
  return { ...meanOf(samples), applications: used };
}

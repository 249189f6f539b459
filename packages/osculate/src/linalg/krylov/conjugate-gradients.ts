import { euclideanNorm } from '../dense/norms.js';
import { axpy, dot, xpby } from '../vectors.js';
import { notPositive } from './not-positive.js';
import { type AsyncOperator, drive, type Operator, type Recurrence } from './operator.js';
import { type StoppingOptions, startVector, stopping } from './options.js';

export interface ConjugateGradientsOptions<P = Operator> extends StoppingOptions {
  /** The first iterate; zero without it. */
  readonly start?: Float64Array;
  /** v ↦ M⁻¹ v, symmetric positive definite. */
  readonly precondition?: P;
}

export interface ConjugateGradientsResult {
  /**
   * 'converged': ‖b − A x‖ ≤ tolerance ‖b‖. 'budget': iterations used up. 'indefinite': pᵀA p ≤ 0 for `direction` p, or a
   * preconditioner that is not positive definite. 'nonFinite': a product was NaN or infinite, or an inner
   * product left the range of doubles; the solution is the last finite one.
   */
  readonly status: 'converged' | 'budget' | 'indefinite' | 'nonFinite';
  /** x, the last iterate that was finite. */
  readonly solution: Float64Array;
  /** Products with A. */
  readonly iterations: number;
  /** ‖b − A x‖₂ as the recurrence tracks it. */
  readonly residual: number;
  /** The direction of non-positive curvature, with status 'indefinite'. */
  readonly direction?: Float64Array;
}

function* recurrence(
  apply: Operator | AsyncOperator,
  b: Float64Array,
  options: ConjugateGradientsOptions<Operator | AsyncOperator>,
): Recurrence<ConjugateGradientsResult> {
  const n = b.length;
  const { tolerance, maxIterations } = stopping('conjugateGradients', n, options);
  const { precondition } = options;
  const x = startVector('conjugateGradients', n, options.start);
  const r = b.slice();
  const product = new Float64Array(n);
  const z = precondition ? new Float64Array(n) : r;
  const threshold = tolerance * euclideanNorm(b);
  let iterations = 0;
  const end = (status: ConjugateGradientsResult['status'], direction?: Float64Array): ConjugateGradientsResult => ({
    status,
    solution: x,
    iterations,
    residual: euclideanNorm(r),
    ...(direction && { direction }),
  });
  if (options.start) {
    yield { operator: apply, v: x, out: product };
    axpy(-1, product, r);
  }
  if (!Number.isFinite(dot(r, r)) && !r.every(Number.isFinite)) return end('nonFinite');
  if (euclideanNorm(r) <= threshold) return end('converged');
  if (precondition) yield { operator: precondition, v: r, out: z };
  let rho = dot(r, z);
  const p = z.slice();
  while (iterations < maxIterations) {
    if (!(rho > 0)) return end(notPositive(rho, r));
    yield { operator: apply, v: p, out: product };
    const curvature = dot(p, product);
    if (!Number.isFinite(curvature)) return end('nonFinite');
    if (curvature <= 0) return end('indefinite', p);
    const alpha = rho / curvature;
    if (!Number.isFinite(alpha)) return end('indefinite', p);
    axpy(alpha, p, x);
    axpy(-alpha, product, r);
    iterations++;
    if (euclideanNorm(r) <= threshold) return end('converged');
    if (precondition) yield { operator: precondition, v: r, out: z };
    const next = dot(r, z);
    xpby(z, next / rho, p);
    rho = next;
  }
  return end('budget');
}

/**
 * Solves A x = b for symmetric positive definite A by (preconditioned) conjugate gradients (Hestenes and Stiefel 1952; Golub and Van
 * Loan, section 11.3): one product with A, one with M⁻¹ and five vector operations an iteration. Never throws on breakdown.
 * @example
 * const a = (v: Float64Array, out: Float64Array) => out.set([4 * v[0]! + v[1]!, v[0]! + 3 * v[1]!]);
 * const { status, solution } = conjugateGradients(a, Float64Array.of(6, 7));
 * solution; // [1.000, 2.000]
 */
export function conjugateGradients(
  apply: AsyncOperator,
  b: Float64Array,
  options?: ConjugateGradientsOptions<Operator | AsyncOperator>,
): Promise<ConjugateGradientsResult>;
export function conjugateGradients(
  apply: Operator,
  b: Float64Array,
  options?: ConjugateGradientsOptions,
): ConjugateGradientsResult;
export function conjugateGradients(
  apply: Operator | AsyncOperator,
  b: Float64Array,
  options: ConjugateGradientsOptions<Operator | AsyncOperator> = {},
): ConjugateGradientsResult | Promise<ConjugateGradientsResult> {
  return drive(recurrence(apply, b, options));
}

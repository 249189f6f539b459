import { euclideanNorm } from '../dense/norms.js';
import { axpy, dot } from '../vectors.js';
import { type AsyncOperator, drive, type Operator, type Recurrence } from './operator.js';
import { type StoppingOptions, startVector, stopping } from './options.js';

export interface MinresOptions<P = Operator> extends StoppingOptions {
  /** The first iterate; zero without it. */
  readonly start?: Float64Array;
  /** v ↦ M⁻¹ v, symmetric positive definite; the residual is then minimised and measured in the norm of M⁻¹. */
  readonly precondition?: P;
}

export interface MinresResult {
  /**
   * 'converged': ‖b − A x‖ ≤ tolerance ‖b − A x₀‖. 'leastSquares': the system has no solution and x minimises the residual (‖A r‖ is
   * within the tolerance of ‖A‖ ‖r‖). 'budget': iterations used up. 'indefinite': the preconditioner is not positive definite.
   * 'nonFinite': a product was NaN or infinite; x is the last good iterate.
   */
  readonly status: 'converged' | 'leastSquares' | 'budget' | 'indefinite' | 'nonFinite';
  /** x, the last iterate that was finite. */
  readonly solution: Float64Array;
  /** Iterations that were made. */
  readonly iterations: number;
  /** ‖b − A x‖, in the norm of M⁻¹ with a preconditioner, as the recurrence tracks it. */
  readonly residual: number;
}

const EPSILON = 2 ** -52;

function* recurrence(
  apply: Operator | AsyncOperator,
  b: Float64Array,
  options: MinresOptions<Operator | AsyncOperator>,
): Recurrence<MinresResult> {
  const n = b.length;
  const { tolerance, maxIterations } = stopping('minres', n, options);
  const { precondition } = options;
  const x = startVector('minres', n, options.start);
  let older = b.slice();
  let iterations = 0;
  let residual = euclideanNorm(b);
  const end = (status: MinresResult['status']): MinresResult => ({ status, solution: x, iterations, residual });
  let y = new Float64Array(n);
  if (options.start) {
    yield { operator: apply, v: x, out: y };
    axpy(-1, y, older);
  }
  if (!older.every(Number.isFinite)) return end('nonFinite');
  const scaled = new Float64Array(n);
  if (precondition) yield { operator: precondition, v: older, out: scaled };
  else scaled.set(older);
  const first = precondition ? Math.sqrt(dot(older, scaled)) : euclideanNorm(older);
  if (Number.isNaN(first)) return end('indefinite');
  residual = first;
  if (first === 0) return end('converged');
  // Lanczos vectors v, the last three directions w, and a QR factorisation of the tridiagonal, one plane rotation a step.
  let newer = older.slice();
  const v = new Float64Array(n);
  let w = new Float64Array(n);
  let w1 = new Float64Array(n);
  let w2 = new Float64Array(n);
  let oldBeta = 0;
  let beta = first;
  let [cosine, sine, deltaBar, epsilon, normSquared] = [-1, 0, 0, 0, 0];
  while (iterations < maxIterations) {
    for (let i = 0; i < n; i++) v[i] = scaled[i]! / beta;
    yield { operator: apply, v, out: y };
    if (oldBeta > 0) axpy(-beta / oldBeta, older, y);
    const alpha = dot(v, y);
    if (!Number.isFinite(alpha)) return end('nonFinite');
    axpy(-alpha / beta, newer, y);
    [older, newer, y] = [newer, y, older];
    if (precondition) yield { operator: precondition, v: newer, out: scaled };
    else scaled.set(newer);
    oldBeta = beta;
    beta = precondition ? Math.sqrt(dot(newer, scaled)) : euclideanNorm(newer);
    if (!(beta < Infinity)) return end(newer.every(Number.isFinite) ? 'indefinite' : 'nonFinite');
    normSquared += alpha * alpha + oldBeta * oldBeta * (iterations > 0 ? 1 : 0) + beta * beta;
    const norm = Math.sqrt(normSquared);
    const oldEpsilon = epsilon;
    const delta = cosine * deltaBar + sine * alpha;
    const gammaBar = sine * deltaBar - cosine * alpha;
    epsilon = sine * beta;
    deltaBar = -cosine * beta;
    // ‖A r‖ of the iterate before this step is `root` times its residual.
    const root = Math.hypot(gammaBar, deltaBar);
    if (root <= Math.max(tolerance, EPSILON) * norm) return end('leastSquares');
    const gamma = Math.hypot(gammaBar, beta);
    if (gamma <= EPSILON * norm) return end('leastSquares');
    cosine = gammaBar / gamma;
    sine = beta / gamma;
    const phi = cosine * residual;
    [w1, w2, w] = [w2, w, w1];
    for (let i = 0; i < n; i++) w[i] = (v[i]! - oldEpsilon * w1[i]! - delta * w2[i]!) / gamma;
    axpy(phi, w, x);
    residual *= Math.abs(sine);
    iterations++;
    if (residual <= Math.max(tolerance, EPSILON) * first) return end('converged');
  }
  return end('budget');
}

/**
 * Solves A x = b for symmetric, possibly indefinite or singular A by minimising the residual over the Krylov space (Paige and
 * Saunders 1975): one product with A, one with M⁻¹ an iteration. Never throws on breakdown.
 * @example
 * const indefinite = (v: Float64Array, out: Float64Array) => out.set([v[1]!, v[0]!]);
 * minres(indefinite, Float64Array.of(1, 2)).solution; // [2.000, 1.000]
 */
export function minres(
  apply: AsyncOperator,
  b: Float64Array,
  options?: MinresOptions<Operator | AsyncOperator>,
): Promise<MinresResult>;
export function minres(apply: Operator, b: Float64Array, options?: MinresOptions): MinresResult;
export function minres(
  apply: Operator | AsyncOperator,
  b: Float64Array,
  options: MinresOptions<Operator | AsyncOperator> = {},
): MinresResult | Promise<MinresResult> {
  return drive(recurrence(apply, b, options));
}

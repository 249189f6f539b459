import { InputError } from '../../tensor/errors.js';
import { euclideanNorm } from '../dense/norms.js';
import { axpy, dot, scale } from '../vectors.js';
import { type AsyncOperator, drive, type Operator, type Recurrence } from './operator.js';
import { type StoppingOptions, stopping } from './options.js';

export interface SteihaugTointOptions<P = Operator> extends StoppingOptions {
  /** v ↦ M⁻¹ v, symmetric positive definite; the trust region is then measured by ‖s‖_M. */
  readonly precondition?: P;
}

export interface SteihaugTointResult {
  /**
   * 'converged': an interior minimiser, ‖g + B s‖ ≤ tolerance ‖g‖. 'boundary': the path left the region, s is where. 'negativeCurvature':
   * s follows a direction of non-positive curvature to the boundary. 'budget': iterations used up. 'nonFinite': a product was NaN or
   * infinite, out of range, or M⁻¹ not positive definite; s is the last good step.
   */
  readonly status: 'converged' | 'boundary' | 'negativeCurvature' | 'budget' | 'nonFinite';
  /** s, which lies within the radius. */
  readonly step: Float64Array;
  /** Iterations that were made. */
  readonly iterations: number;
  /** ‖g + B s‖₂. */
  readonly residual: number;
  /** gᵀs + ½ sᵀB s ≤ 0. */
  readonly modelChange: number;
}

/** The positive root tau of a tau² + 2 b tau + c = 0 for a > 0 and c ≤ 0, without cancellation. */
function positiveRoot(a: number, b: number, c: number): number {
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  return b > 0 ? -c / (b + root) : (root - b) / a;
}

function* recurrence(
  apply: Operator | AsyncOperator,
  gradient: Float64Array,
  radius: number,
  options: SteihaugTointOptions<Operator | AsyncOperator>,
): Recurrence<SteihaugTointResult> {
  const n = gradient.length;
  const { tolerance, maxIterations } = stopping('steihaugToint', n, options);
  const { precondition } = options;
  const s = new Float64Array(n);
  const r = gradient.slice();
  const product = new Float64Array(n);
  const z = precondition ? new Float64Array(n) : r;
  const threshold = tolerance * euclideanNorm(gradient);
  let iterations = 0;
  // B s = r − g, so the model is gᵀs + ½ sᵀ(r − g) = ½ sᵀ(r + g).
  const end = (status: SteihaugTointResult['status']): SteihaugTointResult => ({
    status,
    step: s,
    iterations,
    residual: euclideanNorm(r),
    modelChange: 0.5 * (dot(s, r) + dot(s, gradient)),
  });
  if (!gradient.every(Number.isFinite)) return end('nonFinite');
  if (euclideanNorm(r) <= threshold) return end('converged');
  if (precondition) yield { operator: precondition, v: r, out: z };
  let rho = dot(r, z);
  const p = z.slice();
  scale(-1, p);
  // Norms and inner products in the metric of M come from recurrences (Conn, Gould and Toint 2000, section 7.5.1).
  let ss = 0;
  let sp = 0;
  let pp = rho;
  while (iterations < maxIterations) {
    if (!(rho > 0 && rho < Infinity)) return end('nonFinite');
    yield { operator: apply, v: p, out: product };
    const curvature = dot(p, product);
    if (!Number.isFinite(curvature)) return end('nonFinite');
    const alpha = rho / curvature;
    const reach = ss + 2 * alpha * sp + alpha * alpha * pp;
    iterations++;
    if (curvature <= 0 || !(reach < radius * radius)) {
      const tau = positiveRoot(pp, sp, ss - radius * radius);
      axpy(tau, p, s);
      axpy(tau, product, r);
      return end(curvature <= 0 ? 'negativeCurvature' : 'boundary');
    }
    axpy(alpha, p, s);
    axpy(alpha, product, r);
    if (euclideanNorm(r) <= threshold) return end('converged');
    if (precondition) yield { operator: precondition, v: r, out: z };
    const next = dot(r, z);
    const beta = next / rho;
    for (let i = 0; i < n; i++) p[i] = beta * p[i]! - z[i]!;
    ss = reach;
    sp = beta * (sp + alpha * pp);
    pp = next + beta * beta * pp;
    rho = next;
  }
  return end('budget');
}

/**
 * Approximately minimises gᵀs + ½ sᵀB s over ‖s‖ ≤ radius by conjugate gradients that stop at the boundary, or follow negative curvature
 * there (Steihaug 1983; Toint 1981): at least as good as the Cauchy step. One product with B an iteration, B symmetric and possibly
 * indefinite.
 * @throws InputError for a radius that is not positive; never throws on breakdown.
 * @example
 * const b = (v: Float64Array, out: Float64Array) => out.set([2 * v[0]!, -v[1]!]);
 * const { status, step } = steihaugToint(b, Float64Array.of(1, 1), 0.5);
 * Math.hypot(...step); // 0.500
 */
export function steihaugToint(
  apply: AsyncOperator,
  gradient: Float64Array,
  radius: number,
  options?: SteihaugTointOptions<Operator | AsyncOperator>,
): Promise<SteihaugTointResult>;
export function steihaugToint(
  apply: Operator,
  gradient: Float64Array,
  radius: number,
  options?: SteihaugTointOptions,
): SteihaugTointResult;
export function steihaugToint(
  apply: Operator | AsyncOperator,
  gradient: Float64Array,
  radius: number,
  options: SteihaugTointOptions<Operator | AsyncOperator> = {},
): SteihaugTointResult | Promise<SteihaugTointResult> {
  if (!(radius > 0)) throw new InputError(`steihaugToint: the radius is ${radius}; it must be a positive number.`);
  return drive(recurrence(apply, gradient, radius, options));
}

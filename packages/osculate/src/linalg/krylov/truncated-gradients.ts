import { euclideanNorm } from '../dense/norms.js';
import { axpy, dot, xpby } from '../vectors.js';
import { notPositive } from './not-positive.js';
import { type AsyncOperator, drive, type Operator, type Recurrence } from './operator.js';
import { startVector, stopping } from './options.js';

export interface TruncatedGradientsOptions<P = Operator> {
  /** The first iterate; zero without it. */
  readonly start?: Float64Array;
  /** v ↦ M⁻¹ v, symmetric positive definite. */
  readonly precondition?: P;
  /** ε of the truncation test; default 5e-4. */
  readonly tolerance?: number;
  /** Default 250. */
  readonly maxIterations?: number;
}

export interface StoredIterate {
  readonly iteration: number;
  readonly x: Float64Array;
  /** φ(x) = ½ xᵀA x − bᵀx. */
  readonly model: number;
}

export interface TruncatedGradientsResult {
  /**
   * 'truncated': progress fell below the test. 'converged': the residual is zero. 'budget': iterations used up. 'indefinite': a
   * direction of non-positive curvature. 'nonFinite': a product was NaN or infinite, or out of range. The iterates up to then stand in each case.
   */
  readonly status: 'truncated' | 'converged' | 'budget' | 'indefinite' | 'nonFinite';
  readonly solution: Float64Array;
  readonly iterations: number;
  /** ‖b − A x‖₂ as the recurrence tracks it. */
  readonly residual: number;
  /** Iterates to backtrack through: from the fifth on, each about 1.3 times later than the one before, and the last. */
  readonly iterates: readonly StoredIterate[];
}

const FIRST_STORED = 5;
const SPACING = 1.3;

/** φ(i) has fallen by less than the fraction ε k over the last k = max(10, ⌈0.1 i⌉) iterations. */
function progressTooSlow(history: readonly number[], tolerance: number): boolean {
  const i = history.length - 1;
  const window = Math.max(10, Math.ceil(0.1 * i));
  if (i <= window) return false;
  const now = history[i]!;
  const before = history[i - window]!;
  return before < 0 && (now - before) / now < tolerance * window;
}

function* recurrence(
  apply: Operator | AsyncOperator,
  b: Float64Array,
  options: TruncatedGradientsOptions<Operator | AsyncOperator>,
): Recurrence<TruncatedGradientsResult> {
  const n = b.length;
  const { tolerance, maxIterations } = stopping('truncatedGradients', n, {
    tolerance: options.tolerance ?? 5e-4,
    maxIterations: options.maxIterations ?? 250,
  });
  const { precondition } = options;
  const x = startVector('truncatedGradients', n, options.start);
  const r = b.slice();
  const product = new Float64Array(n);
  const z = precondition ? new Float64Array(n) : r;
  const iterates: StoredIterate[] = [];
  let iterations = 0;
  let nextStored = FIRST_STORED;
  if (options.start) {
    yield { operator: apply, v: x, out: product };
    axpy(-1, product, r);
  }
  // A x = b − r, so φ = ½ xᵀ(b − r) − bᵀx = −½ xᵀ(b + r).
  const model = () => -0.5 * (dot(x, b) + dot(x, r));
  const history = [model()];
  const end = (status: TruncatedGradientsResult['status']): TruncatedGradientsResult => {
    if (iterations > 0 && iterates.at(-1)?.iteration !== iterations) {
      iterates.push({ iteration: iterations, x: x.slice(), model: history.at(-1)! });
    }
    return { status, solution: x, iterations, residual: euclideanNorm(r), iterates };
  };
  if (!r.every(Number.isFinite)) return end('nonFinite');
  if (precondition) yield { operator: precondition, v: r, out: z };
  let rho = dot(r, z);
  const p = z.slice();
  while (iterations < maxIterations) {
    if (rho === 0 && euclideanNorm(r) === 0) return end('converged');
    if (!(rho > 0)) return end(notPositive(rho, r));
    yield { operator: apply, v: p, out: product };
    const curvature = dot(p, product);
    if (!Number.isFinite(curvature)) return end('nonFinite');
    const alpha = rho / curvature;
    if (curvature <= 0 || !Number.isFinite(alpha)) return end('indefinite');
    axpy(alpha, p, x);
    axpy(-alpha, product, r);
    iterations++;
    history.push(model());
    if (iterations === Math.ceil(nextStored)) {
      iterates.push({ iteration: iterations, x: x.slice(), model: history[iterations]! });
      nextStored *= SPACING;
    }
    if (progressTooSlow(history, tolerance)) return end('truncated');
    if (precondition) yield { operator: precondition, v: r, out: z };
    const next = dot(r, z);
    xpby(z, next / rho, p);
    rho = next;
  }
  return end('budget');
}

/**
 * Conjugate gradients for the quadratic φ(x) = ½ xᵀA x − bᵀx, stopped by its relative progress, with the iterates that Hessian-free
 * optimisation backtracks through (Martens 2010, sections 4.4 to 4.6). One product with A an iteration. Never throws on breakdown.
 */
export function truncatedGradients(
  apply: AsyncOperator,
  b: Float64Array,
  options?: TruncatedGradientsOptions<Operator | AsyncOperator>,
): Promise<TruncatedGradientsResult>;
export function truncatedGradients(
  apply: Operator,
  b: Float64Array,
  options?: TruncatedGradientsOptions,
): TruncatedGradientsResult;
export function truncatedGradients(
  apply: Operator | AsyncOperator,
  b: Float64Array,
  options: TruncatedGradientsOptions<Operator | AsyncOperator> = {},
): TruncatedGradientsResult | Promise<TruncatedGradientsResult> {
  return drive(recurrence(apply, b, options));
}

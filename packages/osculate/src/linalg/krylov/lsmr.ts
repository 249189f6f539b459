import { InputError } from '../../tensor/errors.js';
import { euclideanNorm } from '../dense/norms.js';
import { axpy, scale } from '../vectors.js';
import { type AsyncOperator, drive, type Operator, type Recurrence } from './operator.js';
import { type StoppingOptions, stopping } from './options.js';

export interface LsmrOptions extends StoppingOptions {
  /** λ of min ‖A x − b‖² + λ² ‖x‖²; default 0. */
  readonly damping?: number;
}

export interface LsmrResult {
  /**
   * 'converged': the system is compatible, ‖r‖ ≤ tolerance (‖b‖ + ‖A‖ ‖x‖). 'leastSquares': ‖Aᵀ r‖ ≤ tolerance ‖A‖ ‖r‖. 'budget':
   * iterations used up. 'nonFinite': a product was NaN or infinite; the solution is the last good iterate. A and r include damping.
   */
  readonly status: 'converged' | 'leastSquares' | 'budget' | 'nonFinite';
  /** x, the last iterate that was finite. */
  readonly solution: Float64Array;
  /** Iterations that were made. */
  readonly iterations: number;
  /** ‖r‖ of the (damped) problem as the recurrence tracks it. */
  readonly residual: number;
  /** ‖Aᵀ r‖, which falls monotonically. */
  readonly normalResidual: number;
}

/** The plane rotation that maps (a, b) to (r, 0). */
interface Rotation {
  readonly c: number;
  readonly s: number;
  readonly r: number;
}

function rotation(a: number, b: number): Rotation {
  const r = Math.hypot(a, b);
  return r === 0 ? { c: 1, s: 0, r: 0 } : { c: a / r, s: b / r, r };
}

/** ‖r‖ by recurrence from the rotations of both factorisations (Fong and Saunders 2011, section 5.1). */
class ResidualNorm {
  private betaDot = 0;
  private rhoDot = 1;
  private tau = 0;
  private theta = 0;
  private zeta = 0;
  private damped = 0;

  constructor(private betaTail: number) {}

  /** hat, plane and bar are the three rotations of this iteration, thetaBar the element that the third one met. */
  update(hat: Rotation, plane: Rotation, bar: Rotation, thetaBar: number, zeta: number): number {
    const acute = hat.c * this.betaTail;
    this.damped += (hat.s * this.betaTail) ** 2;
    this.betaTail = -plane.s * acute;
    const tilde = rotation(this.rhoDot, thetaBar);
    const theta = tilde.s * bar.r;
    this.rhoDot = tilde.c * bar.r;
    this.betaDot = -tilde.s * this.betaDot + tilde.c * plane.c * acute;
    this.tau = (this.zeta - this.theta * this.tau) / tilde.r;
    this.theta = theta;
    this.zeta = zeta;
    const tauDot = (zeta - theta * this.tau) / this.rhoDot;
    return Math.sqrt(this.damped + (this.betaDot - tauDot) ** 2 + this.betaTail ** 2);
  }
}

function* recurrence(
  apply: Operator | AsyncOperator,
  applyTranspose: Operator | AsyncOperator,
  b: Float64Array,
  columns: number,
  options: LsmrOptions,
): Recurrence<LsmrResult> {
  const { tolerance, maxIterations } = stopping('lsmr', columns, options);
  const { damping = 0 } = options;
  const x = new Float64Array(columns);
  const u = b.slice();
  const v = new Float64Array(columns);
  const image = new Float64Array(b.length);
  const preimage = new Float64Array(columns);
  const size = euclideanNorm(b);
  let [iterations, residual, normalResidual] = [0, size, 0];
  const end = (status: LsmrResult['status']): LsmrResult => ({
    status,
    solution: x,
    iterations,
    residual,
    normalResidual,
  });
  if (!b.every(Number.isFinite)) return end('nonFinite');
  if (size === 0) return end('converged');
  scale(1 / size, u);
  yield { operator: applyTranspose, v: u, out: v };
  let alpha = euclideanNorm(v);
  if (!(alpha < Infinity)) return end('nonFinite');
  normalResidual = alpha * size;
  if (alpha === 0) return end('leastSquares');
  scale(1 / alpha, v);
  const h = v.slice();
  const hBar = new Float64Array(columns);
  const norm = new ResidualNorm(size);
  let [alphaBar, zetaBar, rho, cBar, sBar, rhoBar] = [alpha, normalResidual, 1, 1, 0, 1];
  let normSquared = alpha * alpha;
  while (iterations < maxIterations) {
    yield { operator: apply, v, out: image };
    for (let i = 0; i < u.length; i++) u[i] = image[i]! - alpha * u[i]!;
    const beta = euclideanNorm(u);
    if (!(beta < Infinity)) return end('nonFinite');
    if (beta > 0) {
      scale(1 / beta, u);
      yield { operator: applyTranspose, v: u, out: preimage };
      for (let i = 0; i < columns; i++) v[i] = preimage[i]! - beta * v[i]!;
      alpha = euclideanNorm(v);
      if (!(alpha < Infinity)) return end('nonFinite');
      if (alpha > 0) scale(1 / alpha, v);
    } else alpha = 0;
    const hat = rotation(alphaBar, damping);
    const plane = rotation(hat.r, beta);
    const oldRho = rho;
    rho = plane.r;
    const theta = plane.s * alpha;
    alphaBar = plane.c * alpha;
    const thetaBar = sBar * rho;
    const bar = rotation(cBar * rho, theta);
    const oldRhoBar = rhoBar;
    if (rho === 0 || bar.r === 0) return end('leastSquares');
    rhoBar = bar.r;
    const zeta = bar.c * zetaBar;
    zetaBar = -bar.s * zetaBar;
    [cBar, sBar] = [bar.c, bar.s];
    const back = (thetaBar * rho) / (oldRho * oldRhoBar);
    for (let i = 0; i < columns; i++) {
      hBar[i] = h[i]! - back * hBar[i]!;
      h[i] = v[i]! - (theta / rho) * h[i]!;
    }
    axpy(zeta / (rho * rhoBar), hBar, x);
    iterations++;
    residual = norm.update(hat, plane, bar, thetaBar, zeta);
    normalResidual = Math.abs(zetaBar);
    normSquared += beta * beta;
    const matrixNorm = Math.sqrt(normSquared);
    normSquared += alpha * alpha;
    const floor = Math.max(tolerance, 2 ** -52);
    if (residual <= floor * (size + matrixNorm * euclideanNorm(x))) return end('converged');
    if (normalResidual <= floor * matrixNorm * residual) return end('leastSquares');
  }
  return end('budget');
}

function validated(columns: number, options: LsmrOptions): void {
  const { damping = 0 } = options;
  if (!Number.isFinite(damping)) throw new InputError(`lsmr: the damping is ${damping}; it must be finite.`);
  if (!Number.isSafeInteger(columns) || columns < 0) {
    throw new InputError(`lsmr: columns is ${columns}; it must be the number of unknowns.`);
  }
}

/**
 * Minimises ‖A x − b‖² + λ² ‖x‖² for any A of `columns` columns, given v ↦ A v and u ↦ Aᵀ u, by MINRES on the normal equations without
 * forming them (Fong and Saunders 2011): from zero, so of all minimisers the shortest. One product with each an iteration.
 * @throws InputError for a damping that is not finite; never throws on breakdown.
 * @example
 * const column = Float64Array.of(1, 1, 2);
 * const a = (v: Float64Array, out: Float64Array) => out.set(column.map((c) => c * v[0]!));
 * const transposed = (u: Float64Array, out: Float64Array) => out.set([u[0]! + u[1]! + 2 * u[2]!]);
 * lsmr(a, transposed, Float64Array.of(1, 2, 3), 1).solution; // [1.500]
 */
export function lsmr(
  apply: AsyncOperator,
  applyTranspose: AsyncOperator,
  b: Float64Array,
  columns: number,
  options?: LsmrOptions,
): Promise<LsmrResult>;
export function lsmr(
  apply: Operator,
  applyTranspose: Operator,
  b: Float64Array,
  columns: number,
  options?: LsmrOptions,
): LsmrResult;
export function lsmr(
  apply: Operator | AsyncOperator,
  applyTranspose: Operator | AsyncOperator,
  b: Float64Array,
  columns: number,
  options: LsmrOptions = {},
): LsmrResult | Promise<LsmrResult> {
  validated(columns, options);
  return drive(recurrence(apply, applyTranspose, b, columns, options));
}

import { solvePositive } from '../linalg/dense/small-cholesky.js';
import { matrix, transposeMatrix } from '../linalg/matrix.js';
import { dotAt } from '../linalg/vectors.js';
import type { Box } from './bounds.js';
import type { Factorization } from './trust-region/factorization.js';
import type { Iterate } from './trust-region/iterate.js';
import { relativeOffset } from './trust-region/run.js';

/** More steps than this gain nothing: Newton doubles the digits of a solution that already has some. */
const MOST_STEPS = 3;

/** A step this small, relative to the parameters, has no digit that counts: the certified ones are 11. */
const SETTLED = 1e-14;

/** The curvature that JᵀS²J lacks, Σ wᵢ∇²rᵢ + Jᵀ·diag(missing)·J, n×n. */
function missingCurvature(at: Iterate): Float64Array {
  const { problem, columns, missing, x, weights } = at;
  const { size: m, parameters: n } = problem;
  const result = new Float64Array(n * n);
  problem.curvature?.(x, weights, result);
  if (missing.length === 0) return result;
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      for (let i = 0; i < m; i++) result[a * n + b]! += missing[i]! * columns[a * m + i]! * columns[b * m + i]!;
    }
  }
  return result;
}

/** X·R = B in place on k×k B, for a lower triangle Rᵀ. */
function divideByTriangle(lower: Float64Array, k: number, b: Float64Array): void {
  for (let row = 0; row < k * k; row += k) {
    for (let j = 0; j < k; j++) b[row + j] = (b[row + j]! - dotAt(b, row, lower, j * k, j)) / lower[j * (k + 1)]!;
  }
}

/** I + R⁻ᵀ·B·R⁻¹, with B the missing curvature in scaled, pivoted parameters. */
function newtonMatrix(at: Iterate, f: Factorization): Float64Array {
  const missing = missingCurvature(at);
  const { k, n, pivots, scale, upper } = f;
  let b: Float64Array = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    const from = pivots[i]!;
    for (let j = 0; j < k; j++) b[i * k + j] = missing[from * n + pivots[j]!]! / scale[from]! / scale[pivots[j]!]!;
  }
  const lower = new Float64Array(k * k);
  for (let j = 0; j < k; j++) for (let i = 0; i <= j; i++) lower[j * k + i] = upper[i * n + j]!;
  divideByTriangle(lower, k, b);
  b = transposeMatrix(matrix(k, k, b)).data;
  divideByTriangle(lower, k, b);
  for (let i = 0; i < k; i++) b[i * (k + 1)]! += 1;
  return b;
}

/** ‖c‖ = ‖Q₁ᵀr‖: the gradient's norm in the metric (JᵀJ)⁻¹, which no units of the parameters change. */
function measure({ c, k }: Factorization): number {
  return Math.sqrt(dotAt(c, 0, c, 0, k));
}

/** Factors J at an iterate by its own column norms. */
function factorAt(at: Iterate, free: Int8Array, f: Factorization): void {
  f.factorModel(at, at.norms.map((d) => d || 1) as Float64Array, free);
}

/** p with R·D·p = y for the free parameters, 0 for the others; y is overwritten. */
function backSubstitute({ k, n, upper, pivots, scale }: Factorization, y: Float64Array, p: Float64Array): void {
  p.fill(0);
  for (let i = k - 1; i >= 0; i--) {
    for (let j = i + 1; j < k; j++) y[i]! -= upper[i * n + j]! * y[j]!;
    y[i]! /= upper[i * n + i]!;
    p[pivots[i]!] = y[i]! / scale[pivots[i]!]!;
  }
}

/** Whether the Gauss-Newton step that is left at an iterate is nothing but rounding of its parameters. */
function settled(at: Iterate, f: Factorization, step: Float64Array): boolean {
  if (f.rank < f.k) return false;
  backSubstitute(f, f.c.slice(0, f.k), step);
  return step.every((p, j) => Math.abs(p) <= SETTLED * Math.abs(at.x[j]!));
}

/** The full Newton step of the free parameters into `step`; false where the Hessian is not positive definite. */
function newtonStep(at: Iterate, f: Factorization, step: Float64Array): boolean {
  const newton = newtonMatrix(at, f);
  const y = f.c.slice(0, f.k);
  if (!solvePositive(f.k, newton, y)) return false;
  backSubstitute(f, y, step);
  return true;
}

/** The better iterate of a polish, the other, and the relative offset at the better. */
export interface Polished {
  readonly best: Iterate;
  readonly spare: Iterate;
  readonly offset: number;
}

/**
 * One to three full Newton steps with the whole Hessian JᵀJ + Σ rᵢ∇²rᵢ, whose second term Gauss-Newton and Levenberg-Marquardt leave
 * out, so that they converge only linearly where residuals are large. It is solved as (I + R⁻ᵀBR⁻¹)·R·p = −Q₁ᵀr, without forming JᵀJ. A
 * step is kept if the gradient's norm ‖Q₁ᵀr‖ falls, which tells far finer differences than the cost does. Without second derivatives
 * the steps are Gauss-Newton's. The factorisation is memory to work in.
 */
export function polish(start: Iterate, other: Iterate, box: Box, f: Factorization): Polished {
  const { n } = f;
  const [free, step] = [new Int8Array(n), new Float64Array(n)];
  let [best, spare] = [start, other];
  box.free(best.x, best.gradient, free);
  if (!f.holds(best, free)) factorAt(best, free, f);
  let offset = relativeOffset(f);
  for (let round = 0; round < MOST_STEPS; round++) {
    const before = measure(f);
    if (f.rank < f.k || before === 0 || !newtonStep(best, f, step)) break;
    for (let j = 0; j < n; j++) spare.x[j] = best.x[j]! + step[j]!;
    box.clamp(spare.x);
    if (spare.x.every((x, j) => x === best.x[j]) || !spare.evaluate() || !spare.linearize()) break;
    box.free(spare.x, spare.gradient, free);
    factorAt(spare, free, f);
    if (!(measure(f) < before) || spare.cost > 1.001 * best.cost) break;
    [best, spare] = [spare, best];
    offset = relativeOffset(f);
    if (settled(best, f, step)) break;
  }
  return { best, spare, offset };
}

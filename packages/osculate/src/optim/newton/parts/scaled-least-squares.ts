import { pivotedQr } from '../../../linalg/dense/pivoted-qr.js';
import { applyQ, upperFactor } from '../../../linalg/dense/qr.js';
import { augmentQr } from '../../../linalg/dense/qr-augmented.js';
import { solveTriangular } from '../../../linalg/dense/triangular.js';
import { type Matrix, matrix } from '../../../linalg/matrix.js';
import { norm } from '../../vector.js';

/** J·P = Q·R and c = Qᵀ(−r): all that the steps of one Jacobian need. */
export interface ScaledLeastSquares {
  readonly upper: Matrix;
  readonly c: Float64Array;
  readonly permutation: Int32Array;
  readonly rank: number;
  /** D, in the pivoted order. */
  readonly scale: Float64Array;
}

/** Factors the problem min ‖J·p + r‖ over ‖D·p‖ ≤ Δ. Cost: 4mn². J with fewer rows than columns is completed by zeros. */
export function scaledLeastSquares(jacobian: Matrix, residuals: Float64Array, scale: Float64Array): ScaledLeastSquares {
  const n = jacobian.columns;
  const factors = pivotedQr(jacobian);
  const upper = matrix(n, n);
  upper.data.set(upperFactor(factors).data);
  const rotated = applyQ(
    factors,
    residuals.map((r) => -r),
    { transpose: true },
  );
  const c = new Float64Array(n);
  c.set(rotated.subarray(0, Math.min(n, rotated.length)));
  const { permutation, rank } = factors;
  return { upper, c, permutation, rank, scale: Float64Array.from(permutation, (j) => scale[j]!) };
}

export interface DampedStep {
  /** p in the order of the variables. */
  readonly step: Float64Array;
  /** ‖D·p‖. */
  readonly length: number;
  /** λ: p minimises ‖J·p + r‖² + λ·‖D·p‖². */
  readonly damping: number;
  /** ‖r‖² − ‖r + J·p‖² = ‖J·p‖² + 2λ·‖D·p‖², without cancellation. */
  readonly predicted: number;
}

interface Solved {
  /** p in the pivoted order. */
  readonly p: Float64Array;
  readonly length: number;
  /** The triangle that it was solved with: SᵀS = RᵀR + λD². */
  readonly triangle: Matrix;
}

/** p(λ) by rotations of √λ·D into R: 2n³/3 operations, no normal equations. Null where the triangle is singular. */
function solve({ upper, c, scale }: ScaledLeastSquares, damping: number): Solved | null {
  const root = Math.sqrt(damping);
  const augmented = damping > 0 ? augmentQr(upper, scale.map((d) => root * d) as Float64Array, c) : null;
  const triangle = augmented?.upper ?? upper;
  const solved = solveTriangular(triangle, augmented?.rightHandSide ?? c, { triangle: 'upper' });
  if (solved.status !== 'ok') return null;
  const p = solved.solution;
  return { p, length: norm(p.map((x, i) => x * scale[i]!)), triangle };
}

/** d‖D·p‖/dλ = −‖S⁻ᵀ·D·(D·p/‖D·p‖)‖²·‖D·p‖, as the Newton correction of Moré 1978 needs it: the squared norm. */
function sensitivity({ p, length, triangle }: Solved, scale: Float64Array): number {
  const right = p.map((x, i) => (scale[i]! * (scale[i]! * x)) / length);
  const solved = solveTriangular(triangle, right, { triangle: 'upper', transpose: true });
  return solved.status === 'ok' ? norm(solved.solution) ** 2 : Number.POSITIVE_INFINITY;
}

function finished({ upper, permutation }: ScaledLeastSquares, { p, length }: Solved, damping: number): DampedStep {
  const n = p.length;
  const step = new Float64Array(n);
  for (let i = 0; i < n; i++) step[permutation[i]!] = p[i]!;
  let square = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = i; j < n; j++) sum += upper.data[i * n + j]! * p[j]!;
    square += sum * sum;
  }
  return { step, length, damping, predicted: square + 2 * damping * length * length };
}

/** ‖D⁻¹·Rᵀ·c‖: the scaled gradient of ½‖J·p + r‖². */
function scaledGradient({ upper, c, scale }: ScaledLeastSquares): number {
  const n = c.length;
  const g = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) g[j]! += upper.data[i * n + j]! * c[i]!;
  return norm(g.map((x, j) => x / scale[j]!));
}

/**
 * The step with λ = 0 if it is no longer than Δ, otherwise one with ‖D·p(λ)‖ within a tenth of Δ, by Moré's iteration on λ, kept in a
 * bracket (Moré 1978, section 5). Each trial λ costs 2n³/3 operations at most.
 */
export function dampedStep(problem: ScaledLeastSquares, radius: number): DampedStep {
  const { rank, scale } = problem;
  const full = rank === problem.c.length ? solve(problem, 0) : null;
  if (full && full.length <= 1.1 * radius) return finished(problem, full, 0);
  let low = full ? (full.length - radius) / radius / sensitivity(full, scale) : 0;
  let high = scaledGradient(problem) / radius;
  if (high === 0) return { step: new Float64Array(scale.length), length: 0, damping: 0, predicted: 0 };
  if (!(low < high)) low = 0;
  let damping = Math.max(1e-3 * high, low);
  for (let trial = 0; ; trial++) {
    const solved = solve(problem, damping);
    if (!solved) {
      low = damping;
      damping = 0.5 * (low + high);
      continue;
    }
    const excess = solved.length - radius;
    if (Math.abs(excess) <= 0.1 * radius || trial >= 50) return finished(problem, solved, damping);
    // Rank-deficient problems may have steps that stay short however small λ is.
    if (excess < 0 && damping <= 1e-20 * high) return finished(problem, solved, damping);
    if (excess > 0) low = Math.max(low, damping);
    else high = damping;
    const newton = damping + (solved.length / radius) * (excess / (solved.length * sensitivity(solved, scale)));
    damping = newton > low && newton < high ? newton : low > 0 ? Math.sqrt(low * high) : 1e-3 * high;
  }
}

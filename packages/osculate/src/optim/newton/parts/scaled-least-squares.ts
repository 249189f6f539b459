import { augmentQr } from '../../../linalg/dense/qr-augmented.js';
import { tallTriangle } from '../../../linalg/dense/tall-triangle.js';
import { transposeAt } from '../../../linalg/dense/transpose.js';
import { solveTriangular } from '../../../linalg/dense/triangular.js';
import { type Matrix, matrix } from '../../../linalg/matrix.js';
import { norm } from '../../vector.js';

/** J·D⁻¹ = Q·R and c = Qᵀ(−r): all that the steps of one Jacobian need, in the variables q = D·p. */
export interface ScaledLeastSquares {
  readonly upper: Matrix;
  readonly c: Float64Array;
  readonly scale: Float64Array;
  /** R has a diagonal element that is rounding error beside the largest, so that no undamped step is to be had. */
  readonly singular: boolean;
}

/**
 * Factors the problem min ‖J·p + r‖ over ‖D·p‖ ≤ Δ, by one pass over [J·D⁻¹, −r] without Q and without pivoting: a damped step needs no rank,
 * and an undamped one is only taken where it stays within Δ. Cost: 2mn². J with fewer rows than columns is completed by zeros.
 */
export function scaledLeastSquares(jacobian: Matrix, residuals: Float64Array, scale: Float64Array): ScaledLeastSquares {
  const { rows: m, columns: n, data } = jacobian;
  const width = n + 1;
  const size = norm(residuals) || 1;
  const inverse = scale.map((d) => 1 / d);
  const triangle = new Float64Array(width * width);
  const read = (start: number, count: number, into: Float64Array, offset: number, stride: number): void => {
    transposeAt(data, count, n, start * n, n, offset, stride, into);
    for (let j = 0; j < n; j++) {
      const at = offset + j * stride;
      for (let i = at; i < at + count; i++) into[i]! *= inverse[j]!;
    }
    for (let i = 0; i < count; i++) into[offset + n * stride + i] = -residuals[start + i]! / size;
  };
  tallTriangle(m, width, read, triangle);
  const [upper, c] = [matrix(n, n), new Float64Array(n)];
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < n; i++) {
    upper.data.set(triangle.subarray(i * width, i * width + n), i * n);
    c[i] = size * triangle[i * width + n]!;
    least = Math.min(least, Math.abs(upper.data[i * n + i]!));
    most = Math.max(most, Math.abs(upper.data[i * n + i]!));
  }
  return { upper, c, scale, singular: !(least > Math.max(m, n) * 2 ** -52 * most) };
}

export interface DampedStep {
  readonly step: Float64Array;
  /** ‖D·p‖. */
  readonly length: number;
  /** λ: p minimises ‖J·p + r‖² + λ·‖D·p‖². */
  readonly damping: number;
  /** ‖r‖² − ‖r + J·p‖² = ‖J·p‖² + 2λ·‖D·p‖², without cancellation. */
  readonly predicted: number;
}

interface Solved {
  readonly q: Float64Array;
  readonly length: number;
  /** The triangle that it was solved with: SᵀS = RᵀR + λ. */
  readonly triangle: Matrix;
}

/** q(λ) by folding √λ·I into R: 2n³/3 operations, no normal equations. Null where the triangle is singular. */
function solve({ upper, c }: ScaledLeastSquares, damping: number): Solved | null {
  const augmented = damping > 0 ? augmentQr(upper, new Float64Array(c.length).fill(Math.sqrt(damping)), c) : null;
  const triangle = augmented?.upper ?? upper;
  const solved = solveTriangular(triangle, augmented?.rightHandSide ?? c, { triangle: 'upper' });
  if (solved.status !== 'ok') return null;
  return { q: solved.solution, length: norm(solved.solution), triangle };
}

/** −d‖q‖/dλ = ‖S⁻ᵀ·q/‖q‖‖²·‖q‖, as the Newton correction of Moré 1978 needs it: the squared norm. */
function sensitivity({ q, length, triangle }: Solved): number {
  const right = q.map((x) => x / length);
  const solved = solveTriangular(triangle, right, { triangle: 'upper', transpose: true });
  return solved.status === 'ok' ? norm(solved.solution) ** 2 : Number.POSITIVE_INFINITY;
}

function finished({ upper, scale }: ScaledLeastSquares, { q, length }: Solved, damping: number): DampedStep {
  const n = q.length;
  let square = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = i; j < n; j++) sum += upper.data[i * n + j]! * q[j]!;
    square += sum * sum;
  }
  return { step: q.map((x, j) => x / scale[j]!), length, damping, predicted: square + 2 * damping * length * length };
}

/** ‖Rᵀ·c‖: the scaled gradient of ½‖J·p + r‖². */
function scaledGradient({ upper, c }: ScaledLeastSquares): number {
  const n = c.length;
  const g = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) g[j]! += upper.data[i * n + j]! * c[i]!;
  return norm(g);
}

/**
 * The step with λ = 0 if it is no longer than Δ, otherwise one with ‖D·p(λ)‖ within a tenth of Δ, by Moré's iteration on λ, kept in a
 * bracket (Moré 1978, section 5), which begins at `guess`, such as the λ of the step before, where that lies in it. Each trial λ costs 2n³/3
 * operations.
 */
export function dampedStep(problem: ScaledLeastSquares, radius: number, guess = 0): DampedStep {
  const full = problem.singular ? null : solve(problem, 0);
  if (full && full.length <= 1.1 * radius) return finished(problem, full, 0);
  let low = full ? (full.length - radius) / radius / sensitivity(full) : 0;
  let high = scaledGradient(problem) / radius;
  if (high === 0) return { step: new Float64Array(problem.c.length), length: 0, damping: 0, predicted: 0 };
  if (!(low < high)) low = 0;
  let damping = guess > low && guess < high ? guess : Math.max(1e-3 * high, low);
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
    const newton = damping + (solved.length / radius) * (excess / (solved.length * sensitivity(solved)));
    damping = newton > low && newton < high ? newton : low > 0 ? Math.sqrt(low * high) : 1e-3 * high;
  }
}

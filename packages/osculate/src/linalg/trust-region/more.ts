import { euclideanNorm } from '../dense/norms.js';
import { FOLDED_ROWS, foldDiagonal } from '../dense/qr-augmented.js';
import { solveTriangularAt } from '../dense/triangular.js';
import { kernelsFor, withMemory } from '../kernels/select.js';

/**
 * A least-squares problem min ‖J·p + r‖ in scaled variables q = D·p, reduced to ‖R·q − c‖ by J·D⁻¹ = Q·R and c = Qᵀ(−r): all that the
 * steps at one point need. R and c may be overwritten between steps.
 */
export interface Triangle {
  /** Length of a row of `upper`. */
  readonly n: number;
  /** Order of R, at most n. */
  readonly k: number;
  /** R, row-major. */
  readonly upper: Float64Array;
  readonly c: Float64Array;
  /** Rows of R, from the first, whose diagonal elements are more than rounding. */
  readonly rank: number;
  /** Whether columns were exchanged so that the first `rank` of them span all: only then is there an undamped step below full rank. */
  readonly pivoted: boolean;
}

/** Trial λ at most; three to five are usual. */
const MOST_TRIALS = 50;

/** The λ that a search begins with, of the λ of the step before and the bracket. */
export type FirstTrial = (guess: number, low: number, high: number) => number;

/** The guess, moved into the bracket (MINPACK). */
const nearest: FirstTrial = (guess, low, high) => Math.min(Math.max(guess, low), high);

/** The guess where it is in the bracket, else well below the upper end (Moré 1978, section 5). */
export const insideBracket: FirstTrial = (guess, low, high) =>
  guess > low && guess < high ? guess : Math.max(1e-3 * high, low);

/**
 * Moré's steps of Levenberg and Marquardt (Moré 1978; MINPACK's lmpar): q(λ) minimises ‖R·q − c‖² + λ‖q‖², with λ such that ‖q‖ is within a
 * tenth of a radius. Memory of its own, kept between steps, since problems of a few parameters are solved in microseconds.
 */
export class MoreSteps {
  /** The last step, in the order of R's columns; zero beyond k. */
  readonly q: Float64Array;
  /** ‖q‖; ∞ where there is no step. */
  length = 0;
  /** λ of the last step. */
  damping = 0;
  /** S of the last step, SᵀS = RᵀR + λI. */
  private readonly triangle: Float64Array;
  private readonly work: Float64Array;
  private readonly kernels = kernelsFor({});

  constructor(
    private readonly of: Triangle,
    private readonly begin: FirstTrial = nearest,
  ) {
    const { n } = of;
    this.q = new Float64Array(n);
    this.triangle = new Float64Array(n * n);
    this.work = new Float64Array(n);
  }

  /**
   * The step with λ = 0 if it is no longer than `radius`, otherwise one with ‖q(λ)‖ within a tenth of it, by Newton's iteration on
   * 1/‖q(λ)‖, kept in a bracket (Moré 1978, section 5). It begins near `guess`, since λ changes little from one step to the next. Each trial λ
   * costs 2k³/3 operations.
   */
  within(radius: number, guess = this.damping): void {
    this.keeping((s) => this.search(s, radius, guess));
  }

  /** The step with this λ > 0. */
  at(damping: number): void {
    this.keeping((s) => this.solve(s, damping, this.of.k));
  }

  /** Finds a step in the kernels' memory, and takes its S out. */
  private keeping(find: (s: number) => void): void {
    const width = this.of.k + 1;
    withMemory(this.kernels, width * (width + FOLDED_ROWS + 1), (s) => {
      find(s);
      this.keep(s);
    });
  }

  /** Solves SᵀS·x = b in place: the normal equations with the λ of the last step. */
  solveNormal(b: Float64Array): void {
    const { kernels, triangle } = this;
    const { n, k } = this.of;
    withMemory(kernels, n * n + n, (s) => {
      const { heap } = kernels;
      const x = s + n * n;
      heap.set(triangle, s);
      for (let i = 0; i < k; i++) heap[x + i] = b[i]!;
      this.divide(s, n, k, x, true);
      this.divide(s, n, k, x, false);
      for (let i = 0; i < k; i++) b[i] = kernels.heap[x + i]!;
    });
  }

  /** Finds λ and leaves S in the kernels' memory at s. */
  private search(s: number, radius: number, guess: number): void {
    const { k, rank, pivoted } = this.of;
    this.length = Number.POSITIVE_INFINITY;
    // Below full rank a basic solution, zero in the columns beyond the rank.
    if (rank === k || pivoted) this.solve(s, 0, rank);
    if (this.length <= 1.1 * radius) return;
    let low = rank === k ? (this.length - radius) / radius / this.sensitivity(s) : 0;
    let high = this.gradientNorm() / radius;
    if (high === 0) {
      this.solve(s, 0, 0);
      return;
    }
    if (!(low < high)) low = 0;
    let damping = this.begin(guess, low, high) || 1e-3 * high;
    for (let trial = 0; ; trial++) {
      this.solve(s, damping, k);
      const excess = this.length - radius;
      if (Math.abs(excess) <= 0.1 * radius || trial >= MOST_TRIALS) return;
      // Rank-deficient problems may have steps that stay short however small λ is.
      if (excess < 0 && damping <= 1e-20 * high) return;
      if (excess > 0) low = Math.max(low, damping);
      else high = damping;
      damping = this.next(s, radius, low, high);
    }
  }

  /** Newton's next λ, or one inside the bracket. */
  private next(s: number, radius: number, low: number, high: number): number {
    const { length, damping } = this;
    if (length === Number.POSITIVE_INFINITY) return 0.5 * (low + high);
    const newton = damping + (length / radius) * ((length - radius) / (length * this.sensitivity(s)));
    if (newton > low && newton < high) return newton;
    return low > 0 ? Math.sqrt(low * high) : 1e-3 * high;
  }

  /** q(λ) of the first `order` columns, by folding √λ·I into R with reflections: as λ is a double, its root has a square. */
  private solve(s: number, damping: number, order: number): void {
    const { kernels, q, work } = this;
    const { n, k, upper, c } = this.of;
    const { heap } = kernels;
    const width = k + 1;
    const block = s + width * width;
    const x = block + width * FOLDED_ROWS;
    heap.fill(0, s, block);
    for (let i = 0; i < order; i++) {
      const row = s + i * width;
      for (let j = i; j < k; j++) heap[row + j] = upper[i * n + j]!;
      heap[row + k] = c[i]!;
    }
    if (damping > 0) foldDiagonal(kernels, k, width, s, work.fill(Math.sqrt(damping)), block);
    this.damping = damping;
    this.length = Number.POSITIVE_INFINITY;
    q.fill(0);
    for (let i = 0; i < order; i++) {
      const row = s + i * width;
      if (heap[row + i] === 0) return;
      heap[x + i] = heap[row + k]!;
    }
    this.divide(s, width, order, x, false);
    for (let i = 0; i < order; i++) q[i] = kernels.heap[x + i]!;
    this.length = euclideanNorm(q);
  }

  /** ‖S⁻ᵀ·q/‖q‖‖²: minus the derivative of log ‖q(λ)‖ with respect to λ. */
  private sensitivity(s: number): number {
    const { kernels, q, work, length } = this;
    const { k } = this.of;
    const width = k + 1;
    const x = s + width * (width + FOLDED_ROWS);
    for (let i = 0; i < k; i++) kernels.heap[x + i] = q[i]! / length;
    this.divide(s, width, k, x, true);
    for (let i = 0; i < k; i++) work[i] = kernels.heap[x + i]!;
    work.fill(0, k);
    return euclideanNorm(work) ** 2;
  }

  /** ‖Rᵀc‖: the norm of the gradient of ½‖R·q − c‖² at zero. */
  private gradientNorm(): number {
    const { work } = this;
    const { n, k, upper, c } = this.of;
    work.fill(0);
    for (let j = 0; j < k; j++) for (let i = 0; i <= j; i++) work[j]! += upper[i * n + j]! * c[i]!;
    return euclideanNorm(work);
  }

  /** x ← S⁻¹x, or S⁻ᵀx, of `order` elements in the kernels' memory. */
  private divide(s: number, stride: number, order: number, x: number, transposed: boolean): void {
    const operand = { at: s, ld: stride, transposed, unit: false, upper: !transposed };
    solveTriangularAt(this.kernels, order, operand, 1, x, 1);
  }

  /** Takes S out of the kernels' memory; beyond the rank of an undamped step a unit diagonal keeps it usable for corrections. */
  private keep(s: number): void {
    const { triangle, damping, kernels } = this;
    const { n, k, rank } = this.of;
    const solved = damping > 0 ? k : rank;
    for (let i = 0; i < k; i++) {
      const row = s + i * (k + 1);
      for (let j = i; j < k; j++) triangle[i * n + j] = i < solved ? kernels.heap[row + j]! : Number(i === j);
    }
  }
}

/** How Moré's radius is steered. */
export interface RadiusSteering {
  /** Factor after a step that disappoints. */
  readonly shrink: number;
  /** The radius after a good step as a multiple of its length. */
  readonly grow: number;
  /** ρ up to which a step disappoints. */
  readonly poor: number;
  /** A step that disappoints is cut to no more than `shrink` times this many of its lengths. */
  readonly reach: number;
}

/**
 * The trust radius of Levenberg-Marquardt after a step (Moré 1978, section 4; MINPACK's lmder): shorter where the step disappoints, a
 * multiple of the step's length where the model is good (ρ ≥ ¾).
 */
export function moreRadius(
  radius: number,
  rho: number,
  length: number,
  { shrink, grow, poor, reach }: RadiusSteering,
): number {
  if (!(rho > poor)) return shrink * Math.min(radius, reach * length || radius);
  return rho >= 0.75 ? grow * length : radius;
}

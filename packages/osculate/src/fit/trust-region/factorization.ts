import type { Triangle } from '../../linalg/trust-region/more.js';
import { dotAt } from '../../linalg/vectors.js';
import type { Iterate } from './iterate.js';
import type { LinearModel } from './linear-model.js';

/** Ratio of R's diagonal elements above which no accuracy that is asked for makes one count as zero. */
const REGULAR = 1e-6;

/**
 * Pivoted QR of a column-scaled Jacobian restricted to some columns, S·J·D⁻¹·P = Q·R, with c = Qᵀ(−r): all that the trial steps
 * at one point need. Everything lives in arrays made once, since problems of a few parameters are factored in microseconds.
 */
export class Factorization implements Triangle {
  readonly pivoted = true;
  /** R, row-major n×n; the leading k×k part counts. */
  readonly upper: Float64Array;
  /** The first k elements of Qᵀ(−r). */
  readonly c: Float64Array;
  /** Which parameter each of the k columns of R belongs to. */
  readonly pivots: Int32Array;
  /** Number of columns. */
  k = 0;
  rank = 0;
  /** ‖r‖² − ‖c‖²: the part of the residuals that no step changes, to first order. */
  rest = 0;
  /** D of the last `factorModel`. */
  readonly scale: Float64Array;
  private readonly free: Int8Array;
  /** The linear model that is factored, or null. */
  private model: object | null = null;
  /** Rows of `work`. */
  private height = 0;
  private work = new Float64Array(0);
  private readonly right: Float64Array;
  private readonly norms: Float64Array;
  private readonly exact: Float64Array;

  constructor(
    readonly m: number,
    readonly n: number,
  ) {
    this.upper = new Float64Array(n * n);
    this.c = new Float64Array(n);
    this.pivots = new Int32Array(n);
    this.right = new Float64Array(Math.max(m, n + 1));
    this.norms = new Float64Array(n);
    this.scale = new Float64Array(n);
    this.free = new Int8Array(n);
    this.exact = new Float64Array(n);
  }

  /**
   * Factors the columns of a model whose `free` is 1, with another right-hand side where one is given; `scale` is D. Diagonal elements of R
   * below `accuracy`·|r₀₀| count as zero. Householder reflections with column pivoting (Businger and Golub 1965). Cost: 2k² multiplications
   * a row at most.
   */
  factor(
    { height, columns, residuals, rows }: LinearModel,
    scale: Float64Array,
    free: Int8Array,
    accuracy?: number,
    right = residuals,
  ): void {
    const { n, norms, exact, pivots } = this;
    this.model = null;
    this.height = height;
    if (this.work.length < n * height) this.work = new Float64Array(n * height);
    const { work } = this;
    let k = 0;
    for (let j = 0; j < n; j++) {
      if (free[j] === 0) continue;
      const [to, from, factor] = [k * height, j * height, 1 / scale[j]!];
      for (let i = 0; i < height; i++) work[to + i] = columns[from + i]! * factor;
      if (rows !== null) for (let i = 0; i < height; i++) work[to + i]! *= rows[i]!;
      norms[k] = exact[k] = Math.sqrt(dotAt(work, to, work, to, height));
      pivots[k++] = j;
    }
    this.k = k;
    for (let i = 0; i < height; i++) this.right[i] = -right[i]!;
    const steps = Math.min(height, k);
    for (let j = 0; j < steps; j++) {
      this.pivot(j);
      this.reflect(j);
    }
    this.finish(steps, accuracy);
  }

  /**
   * Factors the linear model at an iterate, as `factor`, and remembers which it is. A regular model of all parameters is its own factor,
   * without pivoting.
   */
  factorModel(at: Iterate, scale: Float64Array, free: Int8Array, accuracy?: number): void {
    const whole = at.linear.regular === true && free.every((f) => f === 1);
    if (!whole || !this.take(at.linear, scale, accuracy)) this.factor(at.linear, scale, free, accuracy);
    this.model = at.model;
    this.scale.set(scale);
    this.free.set(free);
  }

  /** Whether the model of an iterate with these free parameters is what was last factored, with whatever scale. */
  holds(at: Iterate, free: Int8Array): boolean {
    return this.model === at.model && free.every((f, j) => f === this.free[j]);
  }

  /** Decides the rank: diagonal elements of R below `accuracy`·|r₀₀| count as zero. */
  rankWithin(accuracy = Math.max(this.m, this.n) * 2 ** -52): void {
    const { n, k, upper } = this;
    const threshold = accuracy * Math.abs(k > 0 ? upper[0]! : 0);
    let rank = 0;
    while (rank < Math.min(this.m, k) && Math.abs(upper[rank * (n + 1)]!) > threshold) rank++;
    this.rank = rank;
  }

  /** Takes a regular model as R; false where the scale makes its columns so unequal that the rank is to be found by pivoting. */
  private take(
    { height, columns, residuals }: LinearModel,
    scale: Float64Array,
    accuracy: number | undefined,
  ): boolean {
    const { n, upper, c, pivots } = this;
    let [least, largest] = [Number.POSITIVE_INFINITY, 0];
    for (let j = 0; j < n; j++) {
      const diagonal = Math.abs(columns[j * (height + 1)]! / scale[j]!);
      least = Math.min(least, diagonal);
      largest = Math.max(largest, diagonal);
    }
    if (!(least > REGULAR * largest)) return false;
    this.k = n;
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++) upper[i * n + j] = columns[j * height + i]! / scale[j]!;
      c[j] = -residuals[j]!;
      pivots[j] = j;
    }
    this.rest = residuals[n]! ** 2;
    this.rankWithin(accuracy);
    return true;
  }

  /** Brings the remaining column of largest norm to place j. */
  private pivot(j: number): void {
    const { height: m, k, work, norms, exact, pivots } = this;
    let best = j;
    for (let l = j + 1; l < k; l++) if (norms[l]! > norms[best]!) best = l;
    if (best === j) return;
    const [a, b] = [j * m, best * m];
    for (let i = 0; i < m; i++) {
      const value = work[a + i]!;
      work[a + i] = work[b + i]!;
      work[b + i] = value;
    }
    norms[best] = norms[j]!;
    exact[best] = exact[j]!;
    const pivot = pivots[j]!;
    pivots[j] = pivots[best]!;
    pivots[best] = pivot;
  }

  /** Reflects column j onto the diagonal, and the columns after it and the right-hand side with it. */
  private reflect(j: number): void {
    const { height: m, k, work, right, norms, exact } = this;
    const start = j * m;
    const square = dotAt(work, start + j, work, start + j, m - j);
    if (square === 0) return;
    const head = work[start + j]!;
    const alpha = head > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    const first = head - alpha;
    // The reflector is v / ‖v‖ with v = (first, rest of the column); ‖v‖² = −2·alpha·first.
    const factor = -1 / (alpha * first);
    work[start + j] = first;
    for (let l = j + 1; l < k; l++) {
      const other = l * m;
      const along = factor * dotAt(work, start + j, work, other + j, m - j);
      for (let i = j; i < m; i++) work[other + i]! -= along * work[start + i]!;
      const share = 1 - (work[other + j]! / norms[l]!) ** 2;
      // A downdated norm loses its digits to cancellation: below half of them it is formed again (LAPACK working note 176).
      if (share * (norms[l]! / exact[l]!) ** 2 > 1.5e-8) norms[l]! *= Math.sqrt(share);
      else norms[l] = exact[l] = this.tail(other, j + 1);
    }
    const along = factor * dotAt(work, start + j, right, j, m - j);
    for (let i = j; i < m; i++) right[i]! -= along * work[start + i]!;
    work[start + j] = alpha;
  }

  private tail(start: number, from: number): number {
    return Math.sqrt(dotAt(this.work, start + from, this.work, start + from, this.height - from));
  }

  private finish(steps: number, accuracy: number | undefined): void {
    const { height: m, n, k, work, right, upper, c } = this;
    upper.fill(0);
    c.fill(0);
    for (let j = 0; j < k; j++) for (let i = 0; i <= Math.min(j, steps - 1); i++) upper[i * n + j] = work[j * m + i]!;
    for (let i = 0; i < steps; i++) c[i] = right[i]!;
    let rest = 0;
    for (let i = steps; i < m; i++) rest += right[i]! * right[i]!;
    this.rest = rest;
    this.rankWithin(accuracy);
  }
}

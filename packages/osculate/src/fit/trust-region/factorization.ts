import { dot } from './dot.js';

/**
 * Pivoted QR of a column-scaled Jacobian restricted to some columns, S·J·D⁻¹·P = Q·R, with c = Qᵀ(−r): all that the trial steps
 * at one point need. Everything lives in arrays made once, since problems of a few parameters are factored in microseconds.
 */
export class Factorization {
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
  private readonly work: Float64Array;
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
    this.work = new Float64Array(n * m);
    this.right = new Float64Array(m);
    this.norms = new Float64Array(n);
    this.exact = new Float64Array(n);
  }

  /**
   * Factors the columns whose `free` is 1. `columns` holds J column after column, `scale` is D, `rows` is S or null. Diagonal
   * elements of R below `accuracy`·|r₀₀| count as zero. Householder
   * reflections with column pivoting (Businger and Golub 1965). Cost: 2mk² multiplications at most.
   */
  factor(
    columns: Float64Array,
    residuals: Float64Array,
    scale: Float64Array,
    free: Int8Array,
    rows: Float64Array | null,
    accuracy = Math.max(this.m, this.n) * 2 ** -52,
  ): void {
    const { m, n, work, right, norms, exact, pivots } = this;
    let k = 0;
    for (let j = 0; j < n; j++) {
      if (free[j] === 0) continue;
      const [to, from, factor] = [k * m, j * m, 1 / scale[j]!];
      for (let i = 0; i < m; i++) work[to + i] = columns[from + i]! * factor;
      if (rows !== null) for (let i = 0; i < m; i++) work[to + i]! *= rows[i]!;
      norms[k] = exact[k] = Math.sqrt(dot(work, to, work, to, m));
      pivots[k++] = j;
    }
    this.k = k;
    for (let i = 0; i < m; i++) right[i] = -residuals[i]!;
    const steps = Math.min(m, k);
    for (let j = 0; j < steps; j++) {
      this.pivot(j);
      this.reflect(j);
    }
    this.finish(steps, accuracy);
  }

  /** Brings the remaining column of largest norm to place j. */
  private pivot(j: number): void {
    const { m, k, work, norms, exact, pivots } = this;
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
    const { m, k, work, right, norms, exact } = this;
    const start = j * m;
    const square = dot(work, start + j, work, start + j, m - j);
    if (square === 0) return;
    const head = work[start + j]!;
    const alpha = head > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    const first = head - alpha;
    // The reflector is v / ‖v‖ with v = (first, rest of the column); ‖v‖² = −2·alpha·first.
    const factor = -1 / (alpha * first);
    work[start + j] = first;
    for (let l = j + 1; l < k; l++) {
      const other = l * m;
      const along = factor * dot(work, start + j, work, other + j, m - j);
      for (let i = j; i < m; i++) work[other + i]! -= along * work[start + i]!;
      const share = 1 - (work[other + j]! / norms[l]!) ** 2;
      // A downdated norm loses its digits to cancellation: below half of them it is formed anew (LAPACK working note 176).
      if (share * (norms[l]! / exact[l]!) ** 2 > 1.5e-8) norms[l]! *= Math.sqrt(share);
      else norms[l] = exact[l] = this.tail(other, j + 1);
    }
    const along = factor * dot(work, start + j, right, j, m - j);
    for (let i = j; i < m; i++) right[i]! -= along * work[start + i]!;
    work[start + j] = alpha;
  }

  private tail(start: number, from: number): number {
    return Math.sqrt(dot(this.work, start + from, this.work, start + from, this.m - from));
  }

  private finish(steps: number, accuracy: number): void {
    const { m, n, k, work, right, upper, c } = this;
    upper.fill(0);
    c.fill(0);
    for (let j = 0; j < k; j++) for (let i = 0; i <= Math.min(j, steps - 1); i++) upper[i * n + j] = work[j * m + i]!;
    for (let i = 0; i < steps; i++) c[i] = right[i]!;
    let rest = 0;
    for (let i = steps; i < m; i++) rest += right[i]! * right[i]!;
    this.rest = rest;
    const threshold = accuracy * Math.abs(k > 0 ? upper[0]! : 0);
    let rank = 0;
    while (rank < steps && Math.abs(upper[rank * (n + 1)]!) > threshold) rank++;
    this.rank = rank;
  }
}

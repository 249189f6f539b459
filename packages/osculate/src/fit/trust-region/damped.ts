import { dot } from './dot.js';
import type { Factorization } from './factorization.js';

/**
 * Steps q(λ) that minimise ‖R·q − c‖² + λ‖q‖², of a factorisation. Memory of its own, kept between steps.
 */
export class DampedSteps {
  /** q of the last solve, in pivoted order. */
  readonly q: Float64Array;
  /** S of the last solve, SᵀS = RᵀR + λI, row-major n×n. */
  private readonly triangle: Float64Array;
  private readonly row: Float64Array;
  private readonly aside: Float64Array;
  private damping = 0;

  constructor(private readonly f: Factorization) {
    this.q = new Float64Array(f.n);
    this.triangle = new Float64Array(f.n * f.n);
    this.row = new Float64Array(f.n);
    this.aside = new Float64Array(f.n);
  }

  /**
   * The step with λ = 0 where it is not longer than `radius`, otherwise one with ‖q‖ within a tenth of it, by Moré's safeguarded
   * Newton iteration on λ (Moré 1978, section 5; MINPACK's lmpar). Returns ‖q‖. Cost: some k³ a trial λ.
   */
  solve(radius: number): number {
    const { f } = this;
    let length = this.undamped();
    if (length <= 1.1 * radius) {
      this.damping = 0;
      return length;
    }
    const full = f.rank === f.k;
    let low = full ? (length - radius) / radius / this.sensitivity(length) : 0;
    const high = this.gradientNorm() / radius;
    let damping = Math.min(Math.max(this.damping, low), high);
    if (damping === 0) damping = (high * radius) / length;
    if (!(damping > 0)) damping = Math.max(1e-3 * high, Number.MIN_VALUE);
    let top = high;
    for (let trial = 0; trial < 12; trial++) {
      length = this.at(damping);
      const excess = length - radius;
      if (Math.abs(excess) <= 0.1 * radius || (low === 0 && excess < 0 && trial > 9)) break;
      if (excess > 0) low = Math.max(low, damping);
      else top = Math.min(top, damping);
      const next = damping + excess / radius / this.sensitivity(length);
      damping = next > low && next <= top ? next : low > 0 ? Math.sqrt(low * top) : 1e-3 * top;
    }
    this.damping = damping;
    return length;
  }

  /** Solves SᵀS·x = b in place with the triangle of the last solve; b and x in pivoted order. */
  solveNormal(b: Float64Array): void {
    this.forward(b);
    this.backward(b);
  }

  private gradientNorm(): number {
    const { k, n, upper, c } = this.f;
    let square = 0;
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let i = 0; i <= j; i++) sum += upper[i * n + j]! * c[i]!;
      square += sum * sum;
    }
    return Math.sqrt(square);
  }

  /** The Gauss-Newton step; where the rank is deficient a basic solution, zero in the columns beyond it. */
  private undamped(): number {
    const { rank, n, k, upper, c } = this.f;
    const { q, triangle } = this;
    q.fill(0);
    triangle.set(upper);
    for (let i = 0; i < rank; i++) q[i] = c[i]!;
    for (let i = rank - 1; i >= 0; i--) {
      for (let j = i + 1; j < rank; j++) q[i]! -= upper[i * n + j]! * q[j]!;
      q[i]! /= upper[i * n + i]!;
    }
    // Beyond the rank a unit diagonal keeps the triangle usable for second-order corrections.
    for (let i = rank; i < k; i++) {
      for (let j = i; j < k; j++) triangle[i * n + j] = i === j ? 1 : 0;
    }
    return norm(q, k);
  }

  /** q(λ), by plane rotations of √λ·I into R. */
  private at(damping: number): number {
    const { n, k, upper, c } = this.f;
    const { q, triangle, row } = this;
    triangle.set(upper);
    q.set(c);
    const root = Math.sqrt(damping);
    for (let j = 0; j < k; j++) {
      row.fill(0, j, k);
      row[j] = root;
      let right = 0;
      for (let i = j; i < k; i++) {
        const below = row[i]!;
        if (below === 0) continue;
        const diagonal = triangle[i * n + i]!;
        const hypotenuse = Math.sqrt(diagonal * diagonal + below * below);
        const [cosine, sine] = [diagonal / hypotenuse, below / hypotenuse];
        triangle[i * n + i] = hypotenuse;
        for (let l = i + 1; l < k; l++) {
          const upperValue = triangle[i * n + l]!;
          triangle[i * n + l] = cosine * upperValue + sine * row[l]!;
          row[l] = cosine * row[l]! - sine * upperValue;
        }
        const old = q[i]!;
        q[i] = cosine * old + sine * right;
        right = cosine * right - sine * old;
      }
    }
    this.backward(q);
    return norm(q, k);
  }

  private backward(x: Float64Array): void {
    const { n, k } = this.f;
    const { triangle } = this;
    for (let i = k - 1; i >= 0; i--) {
      for (let j = i + 1; j < k; j++) x[i]! -= triangle[i * n + j]! * x[j]!;
      x[i]! /= triangle[i * n + i]!;
    }
  }

  private forward(x: Float64Array): void {
    const { n, k } = this.f;
    const { triangle } = this;
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < i; j++) x[i]! -= triangle[j * n + i]! * x[j]!;
      x[i]! /= triangle[i * n + i]!;
    }
  }

  /** ‖S⁻ᵀ·q/‖q‖‖²: minus the derivative of log ‖q(λ)‖ with respect to λ. */
  private sensitivity(length: number): number {
    const { k } = this.f;
    const { aside, q } = this;
    for (let i = 0; i < k; i++) aside[i] = q[i]! / length;
    this.forward(aside);
    return norm(aside, k) ** 2;
  }
}

function norm(x: Float64Array, k: number): number {
  return Math.sqrt(dot(x, 0, x, 0, k));
}

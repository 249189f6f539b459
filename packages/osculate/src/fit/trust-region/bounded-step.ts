import { MoreSteps } from '../../linalg/trust-region/more.js';
import { dotAt } from '../../linalg/vectors.js';
import type { Box } from '../bounds.js';
import { scaledLength } from './convergence.js';
import { Factorization } from './factorization.js';
import type { Iterate } from './iterate.js';

/**
 * Trust-region steps of the linear model at one point, inside a box. Where the step of the free parameters would leave the box, those
 * that would leave are moved onto their bound and the others' step is computed again, at most n times.
 */
export class BoundedSteps {
  readonly factorization: Factorization;
  /** p. */
  readonly step: Float64Array;
  /** −gᵀp − ½‖S·J·p‖²: what the linear model promises of the cost. */
  predicted = 0;
  /** ‖D·p‖. */
  length = 0;
  /** True when the whole step came from one solve, and met no bound: `accelerate` may correct it. */
  whole = true;
  private readonly steps: MoreSteps;
  private readonly free: Int8Array;
  private readonly right: Float64Array;
  private readonly product: Float64Array;
  private readonly aside: Float64Array;
  /** The factorisation holds the columns of all free parameters at the iterate. */
  private current = false;

  constructor(
    m: number,
    n: number,
    private readonly box: Box,
    private readonly scale: Float64Array,
  ) {
    this.factorization = new Factorization(m, n);
    this.steps = new MoreSteps(this.factorization);
    this.step = new Float64Array(n);
    this.free = new Int8Array(n);
    this.right = new Float64Array(Math.max(m, n + 1));
    this.product = new Float64Array(Math.max(m, n + 1));
    this.aside = new Float64Array(n);
  }

  /** Factors the model at an iterate whose free parameters are given. */
  factor(at: Iterate, free: Int8Array): void {
    this.free.set(free);
    this.factorization.factorModel(at, this.scale, free);
    this.current = true;
  }

  /** The step within `radius`, of the parameters that were free in `factor`. */
  solve(at: Iterate, free: Int8Array, radius: number): void {
    if (!this.current) this.factor(at, free);
    const { step, scale } = this;
    step.fill(0);
    this.steps.within(radius);
    this.spread();
    this.whole = true;
    if (this.box.bounded) this.restrict(at, radius);
    this.predict(at);
    this.length = scaledLength(step, scale);
  }

  /**
   * Geodesic acceleration: a = −argmin ‖J·a + r''(p, p)‖² + λ‖D·a‖²; adds ½a to the step where 2‖D·a‖ ≤ 0.75‖D·p‖ (Transtrum and
   * Sethna 2012). Only for `whole` steps.
   */
  accelerate(at: Iterate, second: Float64Array): void {
    const { factorization: f, step, scale, aside } = this;
    const m = second.length;
    if (at.rows !== null) for (let l = 0; l < m; l++) second[l]! *= at.rows[l]! ** 2;
    for (let i = 0; i < f.k; i++) {
      const j = f.pivots[i]!;
      aside[i] = -dotAt(at.columns, j * m, second, 0, m) / scale[j]!;
    }
    this.steps.solveNormal(aside);
    if (!(2 * Math.sqrt(dotAt(aside, 0, aside, 0, f.k)) <= 0.75 * this.length)) return;
    for (let i = 0; i < f.k; i++) step[f.pivots[i]!]! += (0.5 * aside[i]!) / scale[f.pivots[i]!]!;
  }

  /** q of the last solve, unscaled, into the parameters' order. */
  private spread(): void {
    const { k, pivots } = this.factorization;
    for (let i = 0; i < k; i++) this.step[pivots[i]!] = this.steps.q[i]! / this.scale[pivots[i]!]!;
  }

  /** Moves parameters that would leave the box onto its faces and solves for the others, until none leaves. */
  private restrict(at: Iterate, radius: number): void {
    const { step, free, right, factorization: f } = this;
    const { height, columns, residuals, rows } = at.linear;
    for (let round = 0; round < step.length; round++) {
      if (round === 0) right.set(residuals);
      let moved = false;
      for (let j = 0; j < step.length; j++) {
        if (free[j] === 0) continue;
        const to = at.x[j]! + step[j]!;
        if (to >= this.box.lower[j]! && to <= this.box.upper[j]!) continue;
        step[j] = (to < this.box.lower[j]! ? this.box.lower[j]! : this.box.upper[j]!) - at.x[j]!;
        free[j] = 0;
        moved = true;
        for (let i = 0; i < height; i++) right[i]! += columns[j * height + i]! * step[j]! * (rows ? rows[i]! : 1);
      }
      if (!moved) return;
      this.whole = false;
      this.current = false;
      f.factor(at.linear, this.scale, free, undefined, right);
      if (f.k === 0) return;
      this.steps.within(radius);
      this.spread();
    }
  }

  private predict(at: Iterate): void {
    const { step, product } = this;
    const { height, columns, rows } = at.linear;
    product.fill(0, 0, height);
    let slope = 0;
    for (let j = 0; j < step.length; j++) {
      const s = step[j]!;
      if (s === 0) continue;
      slope += at.gradient[j]! * s;
      for (let i = 0; i < height; i++) product[i]! += columns[j * height + i]! * s;
    }
    let square = 0;
    for (let i = 0; i < height; i++) square += (product[i]! * (rows ? rows[i]! : 1)) ** 2;
    this.predicted = -slope - 0.5 * square;
  }
}

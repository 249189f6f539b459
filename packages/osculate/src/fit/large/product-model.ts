import { lsmr } from '../../linalg/krylov/lsmr.js';
import { dot } from '../../linalg/vectors.js';
import type { Box } from '../bounds.js';
import type { RobustLoss } from '../robust.js';
import { type DampedModel, DampedPoint } from '../trust-region/damped-run.js';
import { columnNorms } from './column-norms.js';
import type { ProductProblem } from './product-problem.js';

/** Work done. */
interface ProductCounts {
  residuals: number;
  /** Products J·v. */
  forward: number;
  /** Products Jᵀ·u. */
  backward: number;
}

/** Rounds in which parameters that would leave the box are put onto its faces and the others solved for again. */
const ROUNDS = 8;
/** Bounds of the accuracy of an inner solve: relative to the gradient of the linear model at zero. */
const [LOOSE, TIGHT] = [0.1, 1e-9];

/**
 * A residual problem known by its products alone, inside a box: damped steps come from LSMR on S·J·D⁻¹, solved more accurately the faster
 * the gradient falls (Eisenstat and Walker 1996, choice 2). Memory O(m + n).
 */
export class ProductModel extends DampedPoint implements DampedModel {
  readonly gradient: Float64Array;
  readonly norms: Float64Array;
  readonly counts: ProductCounts = { residuals: 0, forward: 0, backward: 0 };
  /** Iterations of LSMR so far. */
  innerIterations = 0;
  /** 1: may move; 0: held by a bound. */
  readonly free: Int8Array;
  /** Which parameters the present solve moves. */
  private readonly moving: Int8Array;
  private readonly rows: Float64Array | null;
  private readonly scaled: Float64Array;
  private readonly missing: Float64Array;
  private readonly right: Float64Array;
  private readonly image: Float64Array;
  private readonly scaledGradient: Float64Array;
  private lastNorm = 0;
  private forcing = LOOSE;

  constructor(
    private readonly problem: ProductProblem,
    start: Float64Array,
    private readonly box: Box,
    private readonly loss: RobustLoss | null,
    private readonly maxInnerIterations: number,
  ) {
    const { size: m, parameters: n } = problem;
    super(start.slice(), m, loss !== null);
    this.gradient = new Float64Array(n);
    this.norms = new Float64Array(n);
    this.free = new Int8Array(n).fill(1);
    this.moving = new Int8Array(n);
    this.rows = loss ? new Float64Array(m) : null;
    this.scaled = new Float64Array(m);
    this.missing = new Float64Array(loss ? m : 0);
    this.right = new Float64Array(m);
    this.image = new Float64Array(m);
    this.scaledGradient = new Float64Array(n);
  }

  get size(): number {
    return Math.sqrt(dot(this.scaled, this.scaled));
  }

  solve(damping: number, scale: Float64Array): number {
    const { box, x, step, moving, right, scaled, image } = this;
    moving.set(this.free);
    this.force(scale);
    step.fill(0);
    for (let i = 0; i < right.length; i++) right[i] = -scaled[i]!;
    for (let round = 0; ; round++) {
      this.solveMoving(damping, scale);
      if (!box.bounded || !this.restrict() || round === ROUNDS) break;
      // What the parameters on the faces do to the residuals is given now.
      const held = step.map((s, j) => (moving[j] === 0 ? s : 0)) as Float64Array;
      this.apply(held, image);
      for (let i = 0; i < right.length; i++) right[i] = -scaled[i]! - image[i]!;
    }
    for (let j = 0; j < step.length; j++)
      step[j] = Math.min(Math.max(step[j]!, box.lower[j]! - x[j]!), box.upper[j]! - x[j]!);
    this.apply(step, image);
    return -dot(this.gradient, step) - 0.5 * dot(image, image);
  }

  /** out = S·J·v. */
  private apply(v: Float64Array, out: Float64Array): void {
    this.counts.forward++;
    this.problem.apply(v, out);
    if (this.rows) for (let i = 0; i < out.length; i++) out[i]! *= this.rows[i]!;
  }

  /** out = Jᵀ·S·u. */
  private applyTranspose(u: Float64Array, out: Float64Array): void {
    this.counts.backward++;
    const weighted = this.rows ? (u.map((x, i) => x * this.rows![i]!) as Float64Array) : u;
    this.problem.applyTranspose(weighted, out);
  }

  protected evaluate(x: Float64Array, residuals: Float64Array): number {
    this.counts.residuals++;
    this.box.clamp(x);
    this.problem.evaluate(x, residuals);
    const sum = dot(residuals, residuals);
    return this.loss && Number.isFinite(sum) ? this.loss.cost(residuals) : 0.5 * sum;
  }

  linearize(): boolean {
    const { problem, gradient, norms, free, residuals, scaled } = this;
    problem.linearize(this.x);
    scaled.set(residuals);
    if (this.loss) this.loss.model(residuals, this.rows!, scaled, this.missing);
    this.applyTranspose(scaled, gradient);
    columnNorms(
      {
        rows: problem.size,
        columns: problem.parameters,
        apply: (v, out) => this.apply(v, out),
        applyTranspose: (u, out) => this.applyTranspose(u, out),
      },
      norms,
    );
    let sum = 0;
    for (let j = 0; j < gradient.length; j++) sum += Math.abs(gradient[j]!) + norms[j]!;
    if (!Number.isFinite(sum)) return false;
    this.box.free(this.x, gradient, free);
    for (let j = 0; j < gradient.length; j++) if (free[j] === 0) gradient[j] = 0;
    return true;
  }

  /** How accurately the next step is to be solved for. */
  private force(scale: Float64Array): void {
    for (let j = 0; j < scale.length; j++) this.scaledGradient[j] = this.gradient[j]! / scale[j]!;
    const norm = Math.sqrt(dot(this.scaledGradient, this.scaledGradient));
    if (norm !== this.lastNorm && this.lastNorm > 0)
      this.forcing = Math.min(LOOSE, Math.max(TIGHT, 0.9 * (norm / this.lastNorm) ** 2));
    this.lastNorm = norm;
  }

  /** LSMR for the moving parameters against `right`. */
  private solveMoving(damping: number, scale: Float64Array): void {
    const { moving, step, right } = this;
    const n = step.length;
    const v = new Float64Array(n);
    // LSMR measures Aᵀr by its estimate of ‖A‖_F, at most √n for columns of length 1: this makes `forcing` relative to the gradient.
    const tolerance = (this.forcing * this.lastNorm) / (Math.sqrt(n) * Math.sqrt(dot(right, right)) || 1);
    const { solution, iterations } = lsmr(
      (q: Float64Array, out: Float64Array) => {
        for (let j = 0; j < n; j++) v[j] = moving[j] === 1 ? q[j]! / scale[j]! : 0;
        this.apply(v, out);
      },
      (u: Float64Array, out: Float64Array) => {
        this.applyTranspose(u, out);
        for (let j = 0; j < n; j++) out[j] = moving[j] === 1 ? out[j]! / scale[j]! : 0;
      },
      right,
      n,
      { damping: Math.sqrt(damping), tolerance, maxIterations: this.maxInnerIterations },
    );
    this.innerIterations += iterations;
    for (let j = 0; j < n; j++) if (moving[j] === 1) step[j] = solution[j]! / scale[j]!;
  }

  /** Puts moving parameters that would leave the box onto its faces. False when none would. */
  private restrict(): boolean {
    const { x, step, box, moving } = this;
    let moved = false;
    for (let j = 0; j < step.length; j++) {
      if (moving[j] === 0) continue;
      const to = x[j]! + step[j]!;
      if (to >= box.lower[j]! && to <= box.upper[j]!) continue;
      step[j] = (to < box.lower[j]! ? box.lower[j]! : box.upper[j]!) - x[j]!;
      moving[j] = 0;
      moved = true;
    }
    return moved;
  }
}

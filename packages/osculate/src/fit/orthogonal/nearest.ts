import { solvePositive } from '../../linalg/dense/small-cholesky.js';
import type { Curve, CurveShape } from './curve.js';

/** Data of an orthogonal fit, flat. */
export interface OrthogonalPoints {
  /** Row-major m×k, as sigmaX. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly sigmaX: Float64Array;
  readonly sigmaY: Float64Array;
}

/** More rounds than any point needs that settles at all. */
const ROUNDS = 100;

/** A point is settled by a step this short, in units of σx: Newton's next would be its square. */
const SETTLED = 1e-10;

/**
 * For fixed parameters, the errors of x that minimise gᵢ² + ‖tᵢ‖² for each point by itself, with t = δ/σx and g = (f(x + σx·t) − y)/σy.
 * Damped Newton steps of k unknowns, taken for all points at once; where a Hessian is not positive definite, Gauss-Newton's. Cost: about
 * five evaluations of the model and its derivatives by x at all points.
 */
export class NearestPoints {
  /** t, row-major m×k. */
  readonly t: Float64Array;
  /** g. */
  readonly g: Float64Array;
  /** v = ∂g/∂t in k columns of m. */
  readonly v: Float64Array;
  private readonly k: number;
  private readonly curvature: Float64Array;
  private readonly place: Float64Array;
  private readonly trial: Float64Array;
  private readonly trialG: Float64Array;
  private readonly damping: Float64Array;
  private readonly open: Uint8Array;
  private readonly matrix: Float64Array;
  private readonly step: Float64Array;

  constructor(
    private readonly curve: Curve,
    private readonly shape: CurveShape,
    private readonly data: OrthogonalPoints,
  ) {
    const { m } = shape;
    const k = shape.predictors || 1;
    this.k = k;
    this.t = new Float64Array(m * k);
    this.v = new Float64Array(m * k);
    this.place = new Float64Array(m * k);
    this.trial = new Float64Array(m * k);
    this.g = new Float64Array(m);
    this.trialG = new Float64Array(m);
    this.damping = new Float64Array(m);
    this.curvature = new Float64Array((m * k * (k + 1)) / 2);
    this.open = new Uint8Array(m);
    this.matrix = new Float64Array(k * k);
    this.step = new Float64Array(k);
  }

  /** Finds t for parameters q, each point from `near` or from 0, whichever fits better. */
  settle(q: Float64Array, near: Float64Array): void {
    const { t, g, trial, trialG, open, k } = this;
    t.fill(0);
    this.evaluate(t, q, g);
    trial.set(near);
    this.evaluate(trial, q, trialG);
    for (let i = 0; i < open.length; i++)
      if (this.size(trial, trialG, i) < this.size(t, g, i) || !Number.isFinite(g[i]!)) this.accept(i);
    open.fill(1);
    this.damping.fill(0);
    for (let round = 0; round < ROUNDS; round++) {
      this.linearize(q);
      if (!open.includes(1)) return;
      trial.set(t);
      for (let i = 0; i < open.length; i++) {
        if (open[i] === 0) continue;
        this.newton(i);
        for (let c = 0; c < k; c++) trial[i * k + c]! += this.step[c]!;
      }
      this.evaluate(trial, q, trialG);
      for (let i = 0; i < open.length; i++) if (open[i] === 1) this.judge(i);
    }
    this.linearize(q);
  }

  /** x + σx·t at the present t; valid until the next call. */
  places(): Float64Array {
    const { place, data, t } = this;
    for (let i = 0; i < place.length; i++) place[i] = data.x[i]! + data.sigmaX[i]! * t[i]!;
    return place;
  }

  /** Σ vᵢ². */
  slope(i: number): number {
    let square = 0;
    for (let c = 0; c < this.k; c++) square += this.v[c * this.shape.m + i]! ** 2;
    return square;
  }

  /** The signed distance √(g² + ‖t‖²) with the sign of g. */
  distance(i: number): number {
    return Math.sign(this.g[i]!) * Math.sqrt(this.size(this.t, this.g, i));
  }

  private evaluate(t: Float64Array, q: Float64Array, g: Float64Array): void {
    const { place, data } = this;
    for (let i = 0; i < place.length; i++) place[i] = data.x[i]! + data.sigmaX[i]! * t[i]!;
    this.curve.values(place, q, g);
    for (let i = 0; i < g.length; i++) g[i] = (g[i]! - data.y[i]!) / data.sigmaY[i]!;
  }

  private size(t: Float64Array, g: Float64Array, i: number): number {
    let square = g[i]! * g[i]!;
    for (let c = 0; c < this.k; c++) square += t[i * this.k + c]! ** 2;
    return square;
  }

  private accept(i: number): void {
    const { k } = this;
    this.g[i] = this.trialG[i]!;
    for (let c = 0; c < k; c++) this.t[i * k + c] = this.trial[i * k + c]!;
  }

  /** v and the curvature of g at t. */
  private linearize(q: Float64Array): void {
    const { k, v, curvature, data } = this;
    const { m } = this.shape;
    this.curve.alongX(this.places(), q, v, curvature);
    for (let i = 0; i < m; i++) {
      for (let a = 0, at = 0; a < k; a++) {
        v[a * m + i] = scaledBy(v[a * m + i]!, data.sigmaX[i * k + a]! / data.sigmaY[i]!);
        for (let b = 0; b <= a; b++, at++) {
          const factor = (data.sigmaX[i * k + a]! * data.sigmaX[i * k + b]!) / data.sigmaY[i]!;
          curvature[at * m + i] = scaledBy(curvature[at * m + i]!, factor);
        }
      }
    }
  }

  /** The step of point i: −(vvᵀ + (1 + μ)I + g·∇²g)⁻¹(g·v + t), or without ∇²g. */
  private newton(i: number): void {
    for (const curved of [1, 0]) {
      this.system(i, curved);
      if (solvePositive(this.k, this.matrix, this.step)) return;
    }
    this.step.fill(0);
  }

  private system(i: number, curved: number): void {
    const { k, v, t, g, matrix, step, curvature, damping } = this;
    const { m } = this.shape;
    for (let a = 0, at = 0; a < k; a++) {
      const va = v[a * m + i]!;
      step[a] = -(g[i]! * va + t[i * k + a]!);
      for (let b = 0; b <= a; b++, at++) {
        const bent = curved === 0 ? 0 : g[i]! * curvature[at * m + i]!;
        matrix[a * k + b] = va * v[b * m + i]! + bent + (a === b ? 1 + damping[i]! : 0);
      }
    }
  }

  /** Takes the trial step of a point if it gains, up to rounding; otherwise damps the next. */
  private judge(i: number): void {
    const { k, t, trial, trialG, g, damping, open } = this;
    const [before, after] = [this.size(t, g, i), this.size(trial, trialG, i)];
    let [length, reach] = [0, 1];
    for (let c = 0; c < k; c++) {
      length = Math.max(length, Math.abs(trial[i * k + c]! - t[i * k + c]!));
      reach = Math.max(reach, Math.abs(t[i * k + c]!));
    }
    if (after <= before * (1 + 1e-14)) {
      this.accept(i);
      damping[i]! /= 10;
    } else damping[i] = Math.max(1e-3, 10 * damping[i]!);
    // A point where nothing is finite has nowhere to go.
    if (length <= SETTLED * reach || !Number.isFinite(before)) open[i] = 0;
  }
}

/** 0 where the factor is 0, also of a derivative that is infinite there. */
function scaledBy(value: number, factor: number): number {
  return factor === 0 ? 0 : value * factor;
}

import { moreRadius } from '../../linalg/trust-region/more.js';
import { dotAt } from '../../linalg/vectors.js';
import type { Box } from '../bounds.js';
import type { FitStatus } from '../result.js';
import { BoundedSteps } from './bounded-step.js';
import { costSettled, growScale, largestCosine, scaledLength } from './convergence.js';
import type { Factorization } from './factorization.js';
import type { Iterate } from './iterate.js';
import { dampedLength, type TrustRegionOptions } from './region.js';

/** Limits and tolerances of a run; see `LeastSquaresOptions`. */
export interface RunSettings {
  readonly gradientTolerance: number;
  readonly offsetTolerance: number;
  readonly stepTolerance: number;
  readonly costTolerance: number;
  /** Whether exact second derivatives along the step correct it. */
  readonly acceleration: boolean;
  readonly region: TrustRegionOptions;
  /** A run ends at a point with a cost no higher than this. */
  readonly targetCost: number;
  /** True while residuals may still be evaluated. */
  readonly budget: () => boolean;
}

/** `more`: D grows with the norms of J's columns (Moré 1978); `fixed`: D stays as it was given (TRF's default). */
export type Scaling = 'more' | 'fixed';

export interface RunEnd {
  readonly status: FitStatus;
  readonly iterations: number;
}

/**
 * Relative offset below which a run that can go no further has converged. Not smaller, since residuals that are nothing but rounding
 * (exact data) have directions at random.
 */
export const CLOSE = 1e-2;

/** Ratio of the last gain to its promise above which the linear model needs no correction. */
const GOOD_RATIO = 0.9;

/** ‖Q₁ᵀr‖/√k over ‖Q₂ᵀr‖/√(m−k). */
export function relativeOffset({ k, m, c, rest }: { k: number; m: number; c: Float64Array; rest: number }): number {
  return m > k ? Math.sqrt(dotAt(c, 0, c, 0, k) / k / (rest / (m - k))) : Number.NaN;
}

/** One run of the trust-region method from the iterate `current`, which ends as the best point found. */
export class TrustRegionRun {
  private readonly scale: Float64Array;
  private readonly free: Int8Array;
  private readonly second: Float64Array;
  private readonly steps: BoundedSteps;
  private radius = 0;
  private iterations = 0;
  private rejected = false;
  /** Whether the region, rather than the model, decided how long the last step is. */
  private limited = false;
  private ratio = Number.NaN;

  constructor(
    private current: Iterate,
    private trial: Iterate,
    private readonly box: Box,
    private readonly scaling: Scaling,
    private readonly settings: RunSettings,
  ) {
    const { size: m, parameters: n } = current.problem;
    this.scale = new Float64Array(n).fill(scaling === 'fixed' ? 1 : 0);
    this.free = new Int8Array(n);
    this.second = new Float64Array(m);
    this.steps = new BoundedSteps(m, n, box, this.scale);
  }

  /** The ratio of gain to promise that a step takes. */
  private get least(): number {
    return this.settings.region.leastRatio ?? 1e-4;
  }

  /** Runs to an end; `best` is then the solution. The start must be evaluated and linearised, and finite. */
  run(): RunEnd & { best: Iterate; spare: Iterate; memory: Factorization } {
    this.grow();
    this.radius = this.firstRadius();
    for (;;) {
      const status = this.iterate();
      if (status === null) continue;
      const { current, trial, iterations, steps } = this;
      return { status, iterations, best: current, spare: trial, memory: steps.factorization };
    }
  }

  private grow(): void {
    if (this.scaling === 'more') growScale(this.scale, this.current.norms, this.iterations === 0);
  }

  /**
   * 100·‖D·x‖ as in MINPACK, but room at least for ‖r‖, the step that one column of norm 1 needs, since x may be zero in the parameters
   * that count; ‖x‖ where D is fixed. The length of the damped step where a damping is given.
   */
  private firstRadius(): number {
    const { damping } = this.settings.region;
    const damped = damping === undefined ? 0 : dampedLength(this.current, this.scale, damping);
    if (damped > 0) return damped;
    const length = scaledLength(this.current.x, this.scale);
    if (this.scaling === 'fixed') return length || 1;
    const { scaled } = this.current;
    return Math.max(100 * length, Math.sqrt(dotAt(scaled, 0, scaled, 0, scaled.length))) || 1;
  }

  private cosine(): number {
    const { gradient, norms, scaled } = this.current;
    return largestCosine(gradient, norms, Math.sqrt(dotAt(scaled, 0, scaled, 0, scaled.length)), this.free);
  }

  private iterate(): FitStatus | null {
    const { current, steps, settings, free } = this;
    if (current.cost <= settings.targetCost) return 'target-cost';
    this.box.free(current.x, current.gradient, free);
    if (this.cosine() <= settings.gradientTolerance) return 'converged-gradient';
    steps.factor(current, free);
    if (relativeOffset(steps.factorization) <= settings.offsetTolerance) return 'relative-offset';
    for (;;) {
      if (!settings.budget()) return 'max-evaluations';
      const status = this.attempt();
      if (status !== null) return status === 'taken' ? null : status;
    }
  }

  /** One trial step. Null: rejected, with a smaller radius. */
  private attempt(): FitStatus | 'taken' | null {
    const { current, trial, steps } = this;
    steps.solve(current, this.free, this.radius);
    if (this.iterations === 0 && !this.rejected) this.radius = Math.min(this.radius, steps.length || this.radius);
    this.limited = steps.length >= 0.9 * this.radius;
    this.accelerate();
    for (let j = 0; j < trial.x.length; j++) trial.x[j] = current.x[j]! + steps.step[j]!;
    this.box.clamp(trial.x);
    if (trial.x.every((x, j) => x === current.x[j])) return this.rejected ? this.stopped() : 'converged-step';
    const finite = trial.evaluate(!this.rejected);
    const actual = finite ? current.reduction(trial) : Number.NaN;
    this.ratio = steps.predicted > 0 ? actual / steps.predicted : Number.NaN;
    this.resize(finite);
    const enough = this.ratio > 0 && this.ratio >= this.least;
    const taken = enough && trial.linearize();
    if (!taken && enough) this.radius = Math.min(this.radius, steps.length) / 4;
    const status = this.ended(actual, taken);
    if (taken) this.take();
    else this.rejected = true;
    return status ?? (taken ? 'taken' : null);
  }

  private take(): void {
    [this.current, this.trial] = [this.trial, this.current];
    this.iterations++;
    this.rejected = false;
    this.grow();
  }

  /** Whether a step leaves too little to gain, or too little room, to go on. */
  private ended(actual: number, taken: boolean): FitStatus | null {
    const { settings, steps } = this;
    const { predicted, length } = steps;
    const { cost } = this.current;
    if (!this.limited && costSettled(predicted, actual, taken, cost, settings.costTolerance)) return 'converged-cost';
    const shortest = settings.stepTolerance * scaledLength(this.current.x, this.scale);
    if (taken) return this.radius <= shortest || length <= shortest ? 'converged-step' : null;
    return this.radius <= shortest ? this.stopped() : null;
  }

  /** A radius that shrank to nothing far from a stationary point is not convergence. */
  private stopped(): FitStatus {
    const close = relativeOffset(this.steps.factorization) <= CLOSE || this.cosine() <= 1e-6;
    return close ? 'converged-step' : 'stalled';
  }

  /** MINPACK's rule, with a harder cut for steps that lead where nothing is finite. */
  private resize(finite: boolean): void {
    const { shrink = 0.25, grow = 2 } = this.settings.region;
    this.radius = moreRadius(this.radius, this.ratio, this.steps.length, {
      shrink: finite ? shrink : Math.min(0.1, shrink),
      grow,
      poor: Math.max(0.25, this.least),
      reach: 1,
    });
  }

  /** Second-order corrections pay where the region binds or the linear model was poor, not in the quick last steps. */
  private accelerate(): void {
    const { problem, x } = this.current;
    if (!this.settings.acceleration || problem.secondDirectional === undefined) return;
    if (!this.steps.whole || (this.ratio > GOOD_RATIO && !this.limited)) return;
    problem.secondDirectional(x, this.steps.step, this.second);
    this.steps.accelerate(this.current, this.second);
  }
}

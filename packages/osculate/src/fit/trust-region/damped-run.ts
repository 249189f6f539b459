import { NielsenDamping } from '../../linalg/trust-region/rules.js';
import type { OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { requireNumberOptions } from '../checks.js';
import type { FitStatus } from '../result.js';
import { costDecrease, costSettled, growScale, largestCosine, scaledLength } from './convergence.js';

/** How a fit without a dense Jacobian can end; see `FitStatus`. Ranks and relative offsets are not known to it. */
export type DampedStatus = Extract<
  FitStatus,
  'converged-gradient' | 'converged-step' | 'converged-cost' | 'stalled' | 'max-evaluations' | 'non-finite-start'
>;

/** What the statuses mean, one sentence each. */
export const dampedMessages: Readonly<Record<DampedStatus, string>> = {
  'converged-gradient': 'the residuals are orthogonal to the columns of the Jacobian within gradientTolerance',
  'converged-step': 'no step longer than stepTolerance, relative to the parameters, is left',
  'converged-cost': 'neither the cost nor its prediction falls by more than costTolerance of it',
  stalled: 'no trial point with a lower cost was found, although the gradient does not vanish',
  'max-evaluations': 'maxEvaluations points were evaluated before any tolerance was met',
  'non-finite-start': 'the residuals or their derivatives at the start are not finite, or overflow when squared',
};

/** A least-squares problem at a point, whose damped steps cost no dense Jacobian. Vectors have length n and belong to the model. */
export interface DampedModel {
  readonly x: Float64Array;
  /** ∇ of the cost at x, zero for parameters that a bound holds. */
  readonly gradient: Float64Array;
  /** Norms of the columns of the linear model's Jacobian, or estimates of them. */
  readonly norms: Float64Array;
  /** The last step that `solve` found. */
  readonly step: Float64Array;
  /** Cost at x. */
  readonly cost: number;
  /** Norm of the linear model's residuals at x. */
  readonly size: number;
  /** Evaluates and linearises the start. False unless everything is finite. */
  begin(): boolean;
  /**
   * p that minimises ‖r + J·p‖² + λ‖D·p‖² with D = diag(scale), into `step`. Returns the gain that the undamped model promises, NaN where
   * the equations could not be solved.
   */
  solve(damping: number, scale: Float64Array): number;
  /** Evaluates x + step. Returns what it gains of the cost, NaN where that is not finite. */
  trial(): number;
  /** Exchanges the point and the trial point, with their costs and residuals. */
  exchange(): void;
  /** Derivatives at the point. False where they are not finite. */
  linearize(): boolean;
}

/** What a damped model does with its point and a trial point: it evaluates, compares and exchanges them. */
export abstract class DampedPoint {
  readonly step: Float64Array;
  cost = Number.NaN;
  residuals: Float64Array;
  private readonly next: Float64Array;
  private spare: Float64Array;
  private nextCost = Number.NaN;

  /** With `robust`, the cost is not half the square of the residuals. */
  constructor(
    readonly x: Float64Array,
    residuals: number,
    private readonly robust: boolean,
  ) {
    this.step = new Float64Array(x.length);
    this.next = new Float64Array(x.length);
    this.residuals = new Float64Array(residuals);
    this.spare = new Float64Array(residuals);
  }

  /** Residuals at a point, which is moved where it may not be. Returns their cost. */
  protected abstract evaluate(x: Float64Array, residuals: Float64Array): number;
  abstract linearize(): boolean;

  begin(): boolean {
    this.cost = this.evaluate(this.x, this.residuals);
    return Number.isFinite(this.cost) && this.linearize();
  }

  trial(): number {
    for (let j = 0; j < this.x.length; j++) this.next[j] = this.x[j]! + this.step[j]!;
    this.nextCost = this.evaluate(this.next, this.spare);
    if (this.robust || !Number.isFinite(this.nextCost)) return this.cost - this.nextCost;
    return costDecrease(this.residuals, this.spare);
  }

  exchange(): void {
    for (let j = 0; j < this.x.length; j++) [this.x[j], this.next[j]] = [this.next[j]!, this.x[j]!];
    [this.residuals, this.spare] = [this.spare, this.residuals];
    [this.cost, this.nextCost] = [this.nextCost, this.cost];
  }
}

/** Goes to the trial point and linearises there. False, with nothing changed, where derivatives are not finite. */
function take(model: DampedModel): boolean {
  model.exchange();
  if (model.linearize()) return true;
  model.exchange();
  model.linearize();
  return false;
}

/** One trial step, for `onIteration`. */
export interface DampedIteration {
  /** Steps taken so far, this one included. */
  readonly iteration: number;
  /** After the step. */
  readonly cost: number;
  /** λ that the step was found with. */
  readonly damping: number;
  /** ‖D·p‖. */
  readonly stepLength: number;
  /** Gain over the model's promise. */
  readonly ratio: number;
  readonly taken: boolean;
}

/** When a run ends, and what watches it. */
export interface DampedOptions {
  /** Largest cosine between r and a free column of J at which a run ends; default 1e-10. */
  readonly gradientTolerance?: number;
  /** ‖D·p‖ relative to ‖D·x‖ at which a run ends; default 1e-10. */
  readonly stepTolerance?: number;
  /** Gain and promised gain relative to the cost at which a run ends; default 1e-12. */
  readonly costTolerance?: number;
  /** Trial points at most; default 500. */
  readonly maxEvaluations?: number;
  /** λ of the first step; default 1e-4. */
  readonly damping?: number;
  /** Sees every step that was tried. */
  readonly onIteration?: (iteration: DampedIteration) => void;
}

export const dampedOptions: OptionNames<DampedOptions> = {
  gradientTolerance: 1,
  stepTolerance: 1,
  costTolerance: 1,
  maxEvaluations: 1,
  damping: 1,
  onIteration: 1,
};

interface DampedEnd {
  readonly status: DampedStatus;
  /** Steps taken. */
  readonly iterations: number;
}

/** Least gain, relative to the model's promise, of a step that is taken. */
const LEAST_RATIO = 1e-4;
/** λ above which a step's small gain says nothing of what is left to gain. */
const LIGHT = 1e-5;
/** λ stays within these: below, Cholesky factors of nearly singular systems fail; above, steps vanish. */
const [LEAST_DAMPING, MOST_DAMPING] = [1e-13, 1e20];
/** A gradient this small, as a cosine, at a place without further descent is convergence to within rounding. */
const CLOSE = 1e-6;
/** Residuals this small relative to ‖D·x‖ are nothing but rounding, and so is their direction. */
const NOTHING = 1e-14;

/** One trial step and what came of it. */
interface Trial {
  readonly damping: number;
  /** NaN where no step could be solved for. */
  readonly promised: number;
  readonly gain: number;
  readonly taken: boolean;
  readonly length: number;
  /** A length that counts as none. */
  readonly shortest: number;
  /** Cost before it. */
  readonly cost: number;
}

/** Why a run ends with this trial; null: it goes on. `stuck` is what a run without further descent ends with. */
function ending(trial: Trial, costTolerance: number, stuck: DampedStatus): DampedStatus | null {
  const { damping, promised, gain, taken, length, shortest, cost } = trial;
  if (Number.isNaN(promised)) return null;
  if (damping <= LIGHT && costSettled(promised, gain, taken, cost, costTolerance)) return 'converged-cost';
  if (length > shortest) return null;
  if (damping <= LIGHT) return 'converged-step';
  return taken ? null : stuck;
}

/**
 * Levenberg-Marquardt with Moré's growing scaling and Nielsen's damping. `model` is at the best point found when it ends. Directions
 * that the residuals do not determine (a gauge freedom) do not move, for there the damping is all the curvature there is.
 * @throws InputError for a first damping that is not positive.
 */
export function dampedRun(model: DampedModel, options: DampedOptions = {}): DampedEnd {
  const { gradientTolerance = 1e-10, stepTolerance = 1e-10, costTolerance = 1e-12, maxEvaluations = 500 } = options;
  const { damping: first = 1e-4 } = options;
  requireNumberOptions('leastSquares', {
    gradientTolerance,
    stepTolerance,
    costTolerance,
    maxEvaluations,
    damping: first,
  });
  if (!(first > 0 && first <= MOST_DAMPING))
    throw new InputError(`damping is ${first}; the first step needs a number above 0, as 1e-4`);
  if (!model.begin()) return { status: 'non-finite-start', iterations: 0 };
  const scale = new Float64Array(model.x.length);
  const damping = new NielsenDamping(first, LEAST_DAMPING);
  let iterations = 0;
  const end = (status: DampedStatus): DampedEnd => ({ status, iterations });
  const cosine = (lengths: Float64Array): number => largestCosine(model.gradient, lengths, model.size);
  const stuck = (): DampedStatus => {
    // Against D rather than the columns: one that has vanished says nothing of how far there is to go.
    const settled = cosine(scale) <= CLOSE || model.size <= NOTHING * scaledLength(model.x, scale);
    return settled ? 'converged-step' : 'stalled';
  };
  growScale(scale, model.norms, true);
  if (cosine(model.norms) <= gradientTolerance) return end('converged-gradient');
  for (let trials = 1; trials < maxEvaluations; trials++) {
    const lambda = damping.value;
    const { cost } = model;
    const promised = model.solve(lambda, scale);
    const length = scaledLength(model.step, scale);
    const shortest = stepTolerance * scaledLength(model.x, scale);
    const gain = promised > 0 ? model.trial() : Number.NaN;
    const ratio = gain / promised;
    const taken = ratio >= LEAST_RATIO && take(model);
    if (taken) {
      iterations++;
      damping.lighten(ratio);
      growScale(scale, model.norms, false);
    } else damping.raise();
    options.onIteration?.({
      iteration: iterations,
      cost: model.cost,
      damping: lambda,
      stepLength: length,
      ratio,
      taken,
    });
    if (taken && cosine(model.norms) <= gradientTolerance) return end('converged-gradient');
    const status = ending({ damping: lambda, promised, gain, taken, length, shortest, cost }, costTolerance, stuck());
    if (status !== null) return end(status);
    if (damping.value > MOST_DAMPING) return end(stuck());
  }
  return end('max-evaluations');
}

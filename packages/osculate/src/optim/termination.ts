import type { OptionNames } from '../tensor/check-options.js';
import type { StepStop } from './optimizer.js';

/** How a minimisation ended. */
export type MinimizeStatus =
  /** ‖∇f‖ ≤ tolerance where the curvature shows no saddle, or f ≤ target. */
  | 'converged'
  /** No step decreases f any more, to its accuracy. */
  | 'stalled'
  /** f or its derivatives are not finite, or f falls without bound. */
  | 'diverged'
  /** The method cannot go on, or has stopped at a saddle, because its model is not positive definite. */
  | 'indefinite'
  /** Steps, work or seconds are used up. */
  | 'budget'
  | 'cancelled';

export interface TerminationOptions {
  /** ‖∇f‖ at which a point counts as stationary (1e-8). */
  readonly tolerance?: number;
  /** Steps at most (1000). */
  readonly maxSteps?: number;
  /** Work at most, in gradients over the whole data. */
  readonly maxGradientEquivalents?: number;
  /** Seconds of steps at most. */
  readonly seconds?: number;
  /** Stops as soon as f is no greater. */
  readonly target?: number;
  /** Aborting it ends the run after the step under way. */
  readonly signal?: AbortSignal;
}

export const terminationOptions: OptionNames<TerminationOptions> = {
  tolerance: 1,
  maxSteps: 1,
  maxGradientEquivalents: 1,
  seconds: 1,
  target: 1,
  signal: 1,
};

/** What is known before a step, and of the step itself. */
export interface Progress {
  readonly f: number;
  /** f at the start. */
  readonly first: number;
  readonly gradientNorm: number;
  readonly indefinite: boolean;
  readonly stop: StepStop | undefined;
  /** Steps in a row that changed f by no more than its rounding error. */
  readonly idle: number;
  /** Steps in a row that were rejected. */
  readonly rejected: number;
}

export interface Verdict {
  readonly status: MinimizeStatus;
  /** The test that ended the run, with its figures. */
  readonly reason: string;
}

/** f has no minimum where it has fallen to so many times what it was, below zero. */
const bottomless = 1e15;
/** Idle steps after which a run has stalled. */
const idleSteps = 8;
/** Rejected steps after which a run that no optimizer has ended has stalled. */
const rejectedSteps = 20;

/** The verdict on the point before a step, if it ends the run there. */
export function pointVerdict(progress: Progress, { tolerance = 1e-8, target }: TerminationOptions): Verdict | null {
  const { f, first, gradientNorm, indefinite, stop } = progress;
  if (!Number.isFinite(f) || !Number.isFinite(gradientNorm)) {
    return { status: 'diverged', reason: `f = ${f}, ‖∇f‖ = ${gradientNorm}` };
  }
  if (f < -bottomless * Math.max(1, Math.abs(first)))
    return { status: 'diverged', reason: `f falls without bound: ${f}` };
  if (stop === 'diverged') return { status: stop, reason: 'the curvature or the step is not finite' };
  if (target !== undefined && f <= target)
    return { status: 'converged', reason: `f = ${f} has reached the target ${target}` };
  if (gradientNorm <= tolerance && !indefinite) {
    return { status: 'converged', reason: `‖∇f‖ = ${gradientNorm} is at most ${tolerance}` };
  }
  if (stop === undefined) return null;
  const status = stop === 'stalled' && gradientNorm <= tolerance ? 'indefinite' : stop;
  const where = `f = ${f}, ‖∇f‖ = ${gradientNorm}`;
  const saddle = indefinite ? ', and the curvature there is indefinite' : '';
  return { status, reason: `the method cannot go on from here (${stop}): ${where}${saddle}` };
}

/** The verdict after a step. */
export function stepVerdict(
  { idle, rejected, gradientNorm, indefinite }: Progress,
  { tolerance = 1e-8 }: TerminationOptions,
): Verdict | null {
  if (rejected >= rejectedSteps) return { status: 'stalled', reason: `${rejected} steps in a row were rejected` };
  if (idle < idleSteps) return null;
  const status = indefinite && gradientNorm <= tolerance ? 'indefinite' : 'stalled';
  return { status, reason: `f has not changed beyond its rounding error for ${idle} steps` };
}

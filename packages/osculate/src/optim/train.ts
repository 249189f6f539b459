import type { Vector } from '../linalg/vectors.js';
import type { Objective } from '../objective/objective.js';
import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { type Generator, generator as seeded } from '../tensor/random.js';
import type { Optimizer, OptimizerState, StepReport } from './optimizer.js';

/** Where a run has got to: one point of its curves. */
export interface TrainEvent extends StepReport {
  /** The number of the step, from 1. */
  readonly step: number;
  /** Seconds spent in steps; evaluation is not counted. */
  readonly seconds: number;
  /** Work in gradient equivalents: gradients over the whole data set. */
  readonly gradientEquivalents: number;
  /** The parameters after the step. */
  readonly parameters: Vector;
}

/** All that a run needs to go on exactly where it was: plain data. */
export interface TrainSnapshot<S extends OptimizerState = OptimizerState> {
  /** The state of the optimizer. */
  readonly state: S;
  /** State of the random generator. */
  readonly generator: ReturnType<Generator['state']>;
  /** Seconds spent in steps so far. */
  readonly seconds: number;
  /** Work so far, in gradients over the whole data. */
  readonly gradientEquivalents: number;
  /** Steps rejected in a row up to now. */
  readonly rejected: number;
  /** Steps rejected in all, and those because something was not finite. */
  readonly rejectedSteps: number;
  /** Steps rejected because something was not finite. */
  readonly nonFiniteSteps: number;
}

/** `budget`: the seconds are spent; `work`: the gradient equivalents are. */
export type StopReason = 'budget' | 'work' | 'steps' | 'cancelled' | 'diverged';

/** What a run trains, how, and for how long. */
export interface TrainOptions<S extends OptimizerState> {
  /** What is minimised. */
  readonly objective: Objective;
  /** The method. */
  readonly optimizer: Optimizer<S>;
  /** The parameters to start from. */
  readonly parameters: Vector;
  /** The seed of all that is drawn. */
  readonly seed: number;
  /** Goes on from here instead of starting from `parameters` and `seed`. */
  readonly resume?: TrainSnapshot<S>;
  /** Stops when this many seconds were spent in steps. */
  readonly seconds?: number;
  /** Steps at most, those before a snapshot included. */
  readonly steps?: number;
  /** Stops when so much work was done, in gradients of the whole data. */
  readonly gradientEquivalents?: number;
  /** Aborting ends the run after the step under way. */
  readonly signal?: AbortSignal;
  /** Milliseconds; default performance.now. */
  readonly clock?: () => number;
  /**
   * Steps may overwrite the states before the present one instead of making new vectors, which saves memory and a good part of a first-order
   * step of large models: the parameters of an event and a snapshot then hold until the next step is asked for (default false: for as long as they are kept).
   * Not for an objective that keeps vectors that it is given.
   */
  readonly recycle?: boolean;
  /** Consecutive rejected steps after which the run counts as diverged (default 20). */
  readonly patience?: number;
}

const trainOptions: OptionNames<TrainOptions<OptimizerState>> = {
  objective: 1,
  optimizer: 1,
  parameters: 1,
  seed: 1,
  resume: 1,
  seconds: 1,
  steps: 1,
  gradientEquivalents: 1,
  signal: 1,
  clock: 1,
  recycle: 1,
  patience: 1,
};

/** How a run ended. */
export interface TrainResult<S extends OptimizerState> {
  /** Why it ended. */
  readonly reason: StopReason;
  /** All that is needed to go on from there. */
  readonly snapshot: TrainSnapshot<S>;
}

/** What a run yields after every step: the event, and on demand all that is needed to resume from there. */
export interface TrainStep<S extends OptimizerState> {
  /** Where the run has got to. */
  readonly event: TrainEvent;
  /** All that is needed to go on from this step. */
  snapshot(): TrainSnapshot<S>;
}

/** A spread takes several times as long as names, in every step: it is for reports of more than all have. */
function eventOf(state: OptimizerState, report: StepReport, seconds: number, gradientEquivalents: number): TrainEvent {
  const { step, parameters } = state;
  const { loss, accepted, details, gradientNorm, indefinite, stop } = report;
  const event = { loss, accepted, details, step, seconds, gradientEquivalents, parameters };
  const usual = accepted && gradientNorm === undefined && indefinite === undefined && stop === undefined;
  return usual ? event : { ...report, ...event };
}

/**
 * Runs an optimizer and yields after every step; returns why it stopped. The time that the consumer of the steps spends
 * (evaluation, plotting, saving) is not part of `seconds`. A run that is resumed from a snapshot makes the same steps as
 * one that was never interrupted, as long as the executor computes the same values.
 * @example
 * let at = theta;
 * for await (const { event } of train({ objective, optimizer: kfac({ damping: 1 }), parameters: theta, seed: 0, steps: 3 })) {
 *   console.log(event.step, event.loss);
 *   at = event.parameters;
 * }
 */
export async function* train<S extends OptimizerState>(
  options: TrainOptions<S>,
): AsyncGenerator<TrainStep<S>, TrainResult<S>> {
  checkNames<TrainOptions<OptimizerState>>('train', options, trainOptions);
  // By themselves: snapshots hold what is used below, and the parameters to start from must not be among it.
  const { objective, optimizer, signal, seed, steps = Infinity, seconds = Infinity, patience = 20 } = options;
  const { resume, recycle = false, gradientEquivalents = Infinity } = options;
  const clock = options.clock ?? (() => performance.now());
  const generator = seeded(resume?.generator ?? seed);
  const base = objective.work() - (resume?.gradientEquivalents ?? 0);
  const work = (): number => objective.work() - base;
  let state = resume?.state ?? optimizer.init(objective, options.parameters.slice() as Vector);
  // Its vectors are the caller's; they are not held for longer than they are in use.
  let first: Vector | null = state.parameters;
  let retired: S | undefined;
  let [elapsed, rejected] = [1000 * (resume?.seconds ?? 0), resume?.rejected ?? 0];
  let [rejectedSteps, nonFiniteSteps] = [resume?.rejectedSteps ?? 0, resume?.nonFiniteSteps ?? 0];
  const snapshot = (): TrainSnapshot<S> => ({
    state,
    generator: generator.state(),
    seconds: elapsed / 1000,
    gradientEquivalents: work(),
    rejected,
    rejectedSteps,
    nonFiniteSteps,
  });
  const finished = (): StopReason | null => {
    if (signal?.aborted) return 'cancelled';
    if (rejected >= patience) return 'diverged';
    if (elapsed / 1000 >= seconds) return 'budget';
    if (work() >= gradientEquivalents) return 'work';
    return state.step >= steps ? 'steps' : null;
  };
  for (;;) {
    const reason = finished();
    if (reason !== null) return { reason, snapshot: snapshot() };
    objective.draw?.(() => (optimizer.carries ? seed : generator.uint32()));
    const start = clock();
    const { state: next, report } = await optimizer.step(state, { objective, generator, retired });
    elapsed += clock() - start;
    // What a rejected step made of the first state has its vectors.
    if (state.parameters !== first) first = null;
    retired = recycle && first === null ? state : undefined;
    state = next;
    rejected = report.accepted ? 0 : rejected + 1;
    if (!report.accepted) rejectedSteps++;
    if (report.nonFinite || !Number.isFinite(report.loss)) nonFiniteSteps++;
    yield { event: eventOf(state, report, elapsed / 1000, work()), snapshot };
  }
}

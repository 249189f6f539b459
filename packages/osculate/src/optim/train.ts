import { generator as seeded } from '../tensor/random.js';
import type { Objective, Rows, Vector } from './objective.js';
import type { Optimizer, OptimizerState, StepReport } from './optimizer.js';

/** Where a run has got to: one point of its curves. */
export interface TrainEvent extends StepReport {
  readonly step: number;
  /** Seconds spent in steps; evaluation is not counted. */
  readonly seconds: number;
  /** Work in gradient equivalents: gradients over the whole data set. */
  readonly gradientEquivalents: number;
  readonly parameters: Vector;
}

export type StopReason = 'budget' | 'steps' | 'cancelled' | 'diverged';

export interface TrainOptions<S extends OptimizerState> {
  readonly objective: Objective;
  readonly optimizer: Optimizer<S>;
  readonly parameters: Vector;
  readonly seed: number;
  /** Stops when this many seconds were spent in steps. */
  readonly seconds?: number;
  readonly steps?: number;
  /** Aborting ends the run after the step under way. */
  readonly signal?: AbortSignal;
  /** Milliseconds; default performance.now. */
  readonly clock?: () => number;
  /** Consecutive rejected steps after which the run counts as diverged (default 20). */
  readonly patience?: number;
}

export interface TrainResult<S extends OptimizerState> {
  readonly state: S;
  readonly reason: StopReason;
}

/**
 * Runs an optimizer and yields an event after every step; returns why it stopped. The time spent by whoever consumes the
 * events (evaluation, plotting) is not part of `seconds`.
 */
export async function* train<S extends OptimizerState>(
  options: TrainOptions<S>,
): AsyncGenerator<TrainEvent, TrainResult<S>> {
  const { objective, optimizer, signal, patience = 20 } = options;
  const clock = options.clock ?? (() => performance.now());
  const generator = seeded(options.seed);
  const base = objective.work();
  let state = optimizer.init(options.parameters.slice() as Vector);
  let [elapsed, rejected] = [0, 0];
  const finished = (): StopReason | null => {
    if (signal?.aborted) return 'cancelled';
    if (rejected >= patience) return 'diverged';
    if (elapsed / 1000 >= (options.seconds ?? Number.POSITIVE_INFINITY)) return 'budget';
    return state.step >= (options.steps ?? Number.POSITIVE_INFINITY) ? 'steps' : null;
  };
  for (;;) {
    const reason = finished();
    if (reason !== null) return { state, reason };
    const start = clock();
    const { state: next, report } = await optimizer.step(state, { objective, generator });
    elapsed += clock() - start;
    state = next;
    rejected = report.accepted ? 0 : rejected + 1;
    yield {
      ...report,
      step: state.step,
      seconds: elapsed / 1000,
      gradientEquivalents: objective.work() - base,
      parameters: state.parameters,
    };
  }
}

/** Rows 0 … n−1. */
export function allRows(n: number): Rows {
  return Uint32Array.from({ length: n }, (_, i) => i);
}

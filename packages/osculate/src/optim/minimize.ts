import { norm, unitRoundoff, type Vector } from '../linalg/vectors.js';
import type { Objective } from '../objective/objective.js';
import { allRows } from '../objective/rows.js';
import type { Optimizer, OptimizerState } from './optimizer.js';
import {
  type MinimizeStatus,
  type Progress,
  pointVerdict,
  stepVerdict,
  type TerminationOptions,
  type Verdict,
} from './termination.js';
import { type TrainEvent, train } from './train.js';

export interface MinimizeOptions extends TerminationOptions {
  /** Seed of methods that draw (0). */
  readonly seed?: number;
  /** Milliseconds; default performance.now. */
  readonly clock?: () => number;
}

/** A point of a run: f and ‖∇f‖ at x before the step, and how the step from there went. */
export interface MinimizeEvent {
  readonly step: number;
  readonly x: Vector;
  readonly f: number;
  readonly gradientNorm: number;
  readonly accepted: boolean;
  readonly details: Readonly<Record<string, number>>;
  /** Gradient equivalents so far. */
  readonly work: number;
  readonly seconds: number;
}

export interface MinimizeResult {
  readonly status: MinimizeStatus;
  /** The test that ended the run, with its figures. */
  readonly reason: string;
  readonly x: Vector;
  readonly f: number;
  readonly gradientNorm: number;
  readonly steps: number;
  /** Gradient equivalents: arithmetic in units of one gradient over the whole data. */
  readonly work: number;
  readonly seconds: number;
}

/** f and ‖∇f‖ at x, from the optimizer's report where it has looked at all rows, by a gradient otherwise. */
async function look(objective: Objective, x: Vector, event?: TrainEvent): Promise<{ f: number; gradientNorm: number }> {
  if (event?.gradientNorm !== undefined) return { f: event.loss, gradientNorm: event.gradientNorm };
  const { value, gradient } = await objective.valueAndGradient(x, allRows(objective.rows));
  return { f: value, gradientNorm: norm(gradient) };
}

function budgetVerdict(options: MinimizeOptions, steps: number, work: number, seconds: number): Verdict | null {
  const { maxSteps = 1000, maxGradientEquivalents = Infinity, signal } = options;
  const over = (what: string): Verdict => ({ status: 'budget', reason: `the budget is used up: ${what}` });
  if (signal?.aborted) return { status: 'cancelled', reason: 'the signal was aborted' };
  if (steps >= maxSteps) return over(`${steps} steps`);
  if (work >= maxGradientEquivalents) return over(`${work} gradient equivalents`);
  return seconds >= (options.seconds ?? Infinity) ? over(`${seconds} s`) : null;
}

/**
 * Minimises an objective from a start and yields an event after every step; returns where and why it stopped. The result's point
 * is one at which f and ‖∇f‖ were evaluated. Methods that do not look at all rows cost one more gradient a step. A run of
 * finitely many steps never throws for what the objective does: that is a status.
 *
 * @example
 * const objective = functionObjective((x) => x.mul(x).sum(), start);
 * const { status, x, f } = await finish(minimize(objective, start, trustRegion()));
 */
export async function* minimize<S extends OptimizerState>(
  objective: Objective,
  start: Vector,
  optimizer: Optimizer<S>,
  options: MinimizeOptions = {},
): AsyncGenerator<MinimizeEvent, MinimizeResult> {
  const { seed = 0, clock } = options;
  const roundoff = 4 * unitRoundoff(objective.layout.dtype);
  const base = objective.work();
  const steps = train({ objective, optimizer, parameters: start, seed, patience: Infinity, ...(clock && { clock }) });
  let [x, before, idle, rejected, count, seconds] = [start.slice() as Vector, Number.NaN, 0, 0, 0, 0];
  const result = (verdict: Verdict, point: { f: number; gradientNorm: number }): MinimizeResult => ({
    ...verdict,
    x,
    ...point,
    steps: count,
    work: objective.work() - base,
    seconds,
  });
  for (;;) {
    const over = budgetVerdict(options, count, objective.work() - base, seconds);
    if (over) return result(over, await look(objective, x));
    const { value } = await steps.next();
    const { event } = value as Exclude<typeof value, { reason: unknown }>;
    const point = await look(objective, x, event);
    idle = event.accepted && Math.abs(point.f - before) <= roundoff * Math.abs(point.f) ? idle + 1 : 0;
    rejected = event.accepted ? 0 : rejected + 1;
    before = point.f;
    seconds = event.seconds;
    const progress: Progress = { ...point, indefinite: event.indefinite ?? false, stop: event.stop, idle, rejected };
    const end = pointVerdict(progress, options) ?? stepVerdict(progress, options);
    if (end) return result(end, point);
    count++;
    const { accepted, details } = event;
    yield { step: count, x, ...point, accepted, details, work: objective.work() - base, seconds };
    x = event.parameters;
  }
}

/** Runs to the end and returns the result; `onEvent` sees what is yielded. */
export async function finish<E, R>(run: AsyncGenerator<E, R>, onEvent?: (event: E) => void): Promise<R> {
  for (;;) {
    const { done, value } = await run.next();
    if (done) return value;
    onEvent?.(value);
  }
}

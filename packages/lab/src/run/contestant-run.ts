import {
  fromCheckpoint,
  type Optimizer,
  supervisedObjective,
  type TrainEvent,
  type TrainSnapshot,
  train,
  type Vector,
} from 'osculate/optim';
import type { Executor } from 'osculate/runtime';
import type { Contestant } from '../contestants.js';
import type { LoadedProblem, Problem } from '../problems/problem.js';
import type { Budget, Ending, Point, Summary } from '../study.js';
import { Evaluator, flatParameters } from './evaluate.js';
import type { RunFolder } from './folder.js';
import { isDue, isSolved } from './points.js';

/** How often the run is saved, in seconds. */
const secondsBetweenSaves = 10;

/** A step that ends later than this share of the budget does not count: a method with long steps must not get more time. */
const latest = 1.05;

export interface RunOptions {
  readonly problem: Problem;
  readonly loaded: LoadedProblem;
  readonly contestant: Contestant;
  readonly executor: Executor;
  readonly budget: Budget;
  readonly seed: number;
  readonly folder: RunFolder;
  readonly signal: AbortSignal;
  /** Bytes of resident memory at most up to now. */
  peakMemory(): number;
  /** Told of every step and every new point. */
  progress(seconds: number, step: number, point: Point): void;
}

type Recorder = (event: TrainEvent) => Promise<Point>;

function recorder(evaluator: Evaluator, folder: RunFolder): Recorder {
  return async ({ parameters, step, seconds, gradientEquivalents, details }) => {
    const values = await evaluator.evaluate(parameters);
    const point = { step, seconds, gradientEquivalents, values, details };
    folder.append(point);
    return point;
  };
}

async function resumed(folder: RunFolder, optimizer: Optimizer, start: Vector): Promise<TrainSnapshot | undefined> {
  const data = folder.checkpoint();
  const snapshot = data && fromCheckpoint(data, optimizer.init(start));
  await folder.truncate(snapshot?.state.step ?? -1);
  return snapshot;
}

/** The event before the first step. */
const start0 = { step: 0, seconds: 0, gradientEquivalents: 0, details: {}, loss: Number.NaN, accepted: true } as const;

/** Whether the run is over before its budget: a small problem is solved, or the method says that it cannot go on. */
function earlyEnding({ problem }: RunOptions, point: Point, event: TrainEvent): Ending | undefined {
  if (event.stop !== undefined) return event.stop === 'diverged' ? 'diverged' : 'stalled';
  // Functions have nothing to learn beyond their target.
  return problem.kind !== 'supervised' && isSolved(problem, point) ? 'solved' : undefined;
}

/**
 * Trains one contestant until its budget is spent; undefined when it was cancelled, after saving. A run that was cut off
 * goes on from its last checkpoint. A run on a function or a least squares problem ends early when the target is reached; any run
 * ends when its method says that it cannot go on.
 */
export async function runContestant(options: RunOptions): Promise<Summary | undefined> {
  const { problem, loaded, contestant, executor, budget, seed, folder, signal } = options;
  const { chunk } = contestant;
  const objective = supervisedObjective({ executor, ...loaded, ...loaded.train, ...(chunk && { chunk }) });
  const optimizer = contestant.make(loaded);
  const start = flatParameters(objective, loaded);
  const resume = await resumed(folder, optimizer, start);
  const record = recorder(new Evaluator(loaded, executor), folder);
  let point = folder.points().at(-1);
  point ??= await record({ ...start0, parameters: start });
  const common = { objective, optimizer, parameters: start, seed, ...budget, signal };
  const latestSeconds = latest * (budget.seconds ?? Number.POSITIVE_INFINITY);
  const steps = train({ ...common, ...(resume ? { resume } : {}) });
  let saved = performance.now();
  for (;;) {
    const { done, value } = await steps.next();
    if (done) {
      await folder.save(value.snapshot);
      if (value.reason === 'cancelled') return undefined;
      const last = value.snapshot.seconds > latestSeconds ? point : await finalPoint(point, value.snapshot, record);
      return summarize(options, optimizer, last, value.reason === 'diverged' ? 'diverged' : 'budget');
    }
    const { event, snapshot } = value;
    const counts = event.seconds <= latestSeconds;
    if (counts && isDue(problem, budget, point, event)) point = await record(event);
    const ending = counts ? earlyEnding(options, point, event) : undefined;
    if (ending !== undefined) {
      await folder.save(snapshot());
      return summarize(options, optimizer, await finalPoint(point, snapshot(), record), ending);
    }
    if (performance.now() - saved > 1000 * secondsBetweenSaves) {
      await folder.save(snapshot());
      saved = performance.now();
    }
    options.progress(event.seconds, event.step, point);
  }
}

/** The curve ends where the run ended. */
async function finalPoint(point: Point, { state, ...progress }: TrainSnapshot, record: Recorder): Promise<Point> {
  if (point.step === state.step) return point;
  const { step, parameters } = state;
  return record({ ...start0, ...progress, step, parameters, details: point.details });
}

async function summarize(
  { problem, contestant, executor, folder, peakMemory }: RunOptions,
  optimizer: Optimizer,
  last: Point,
  ending: Ending,
): Promise<Summary> {
  const { spec, title } = contestant;
  const { settings } = optimizer;
  const first = folder.points().find((point) => isSolved(problem, point));
  const solvedAt = first && {
    step: first.step,
    seconds: first.seconds,
    gradientEquivalents: first.gradientEquivalents,
  };
  const common = { spec, title, settings, ending, last, peakMemory: peakMemory(), executor: executor.name };
  const summary = { ...common, ...(solvedAt && { solvedAt }) };
  await folder.finish(summary);
  return summary;
}

import {
  fromCheckpoint,
  type Objective,
  type Optimizer,
  supervisedObjective,
  type TrainSnapshot,
  type TrainStep,
  train,
  type Vector,
} from 'osculate/optim';
import type { Executor } from 'osculate/runtime';
import type { Contestant } from '../contestants.js';
import type { LoadedProblem } from '../problems/problem.js';
import type { Ending, Point, Summary } from '../study.js';
import { Evaluator, flatParameters } from './evaluate.js';
import type { RunFolder } from './folder.js';

/** How often a curve gets a point, as a share of the budget, and how often the run is saved, in seconds. */
const pointsPerBudget = 40;
const secondsBetweenSaves = 10;

/** A step that ends later than this share of the budget does not count: a method with long steps must not get more time. */
const latest = 1.05;

export interface RunOptions {
  readonly problem: LoadedProblem;
  readonly contestant: Contestant;
  readonly executor: Executor;
  /** Seconds of stepping. */
  readonly budget: number;
  readonly seed: number;
  readonly folder: RunFolder;
  readonly signal: AbortSignal;
  /** Bytes of resident memory at most up to now. */
  peakMemory(): number;
  /** Told of every step and every new point. */
  progress(seconds: number, step: number, point: Point): void;
}

type Recorder = (step: TrainStep<never>['event']) => Promise<Point>;

function recorder(evaluator: Evaluator, folder: RunFolder): Recorder {
  return async ({ parameters, step, seconds, gradientEquivalents, details }) => {
    const point = { step, seconds, gradientEquivalents, ...(await evaluator.evaluate(parameters)), details };
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

/**
 * Trains one contestant until its budget is spent; undefined when it was cancelled, after saving. A run that was cut off
 * goes on from its last checkpoint.
 */
export async function runContestant(options: RunOptions): Promise<Summary | undefined> {
  const { problem, contestant, executor, budget, seed, folder, signal } = options;
  const objective = objectiveOf(problem, executor);
  const optimizer = contestant.make(problem);
  const start = flatParameters(objective, problem);
  const resume = await resumed(folder, optimizer, start);
  const record = recorder(new Evaluator(problem, executor), folder);
  let point = folder.points().at(-1);
  point ??= await record({ ...start0, parameters: start });
  const steps = train({
    objective,
    optimizer,
    parameters: start,
    seed,
    seconds: budget,
    signal,
    ...(resume ? { resume } : {}),
  });
  let saved = performance.now();
  for (;;) {
    const { done, value } = await steps.next();
    if (done) {
      await folder.save(value.snapshot);
      if (value.reason === 'cancelled') return undefined;
      const last = value.snapshot.seconds > latest * budget ? point : await finalPoint(point, value.snapshot, record);
      return summarize(options, optimizer, last, value.reason === 'diverged' ? 'diverged' : 'budget');
    }
    const { event, snapshot } = value;
    const due = event.seconds - point.seconds >= budget / pointsPerBudget;
    if (due && event.seconds <= latest * budget) point = await record(event);
    if (performance.now() - saved > 1000 * secondsBetweenSaves) {
      await folder.save(snapshot());
      saved = performance.now();
    }
    options.progress(event.seconds, event.step, point);
  }
}

/** The event before the first step. */
const start0 = { step: 0, seconds: 0, gradientEquivalents: 0, details: {}, loss: Number.NaN, accepted: true } as const;

function objectiveOf({ model, loss, parameters, train: data }: LoadedProblem, executor: Executor): Objective {
  return supervisedObjective({ executor, model: model as never, loss, parameters, ...data });
}

/** The curve ends where the run ended. */
async function finalPoint(point: Point, { state, ...progress }: TrainSnapshot, record: Recorder): Promise<Point> {
  if (point.step === state.step) return point;
  const { step, parameters } = state;
  return record({ ...start0, ...progress, step, parameters, details: point.details });
}

async function summarize(
  { contestant, executor, folder, peakMemory }: RunOptions,
  optimizer: Optimizer,
  last: Point,
  ending: Ending,
): Promise<Summary> {
  const { spec, title } = contestant;
  const { settings } = optimizer;
  const summary = { spec, title, settings, ending, last, peakMemory: peakMemory(), executor: executor.name };
  await folder.finish(summary);
  return summary;
}

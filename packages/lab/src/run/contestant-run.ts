import type { Objective, Vector } from 'osculate/objective';
import { fromCheckpoint, type Optimizer, type TrainEvent, type TrainSnapshot, train } from 'osculate/optim';
import type { Executor } from 'osculate/runtime';
import { Breather } from '../breather.js';
import type { Contestant } from '../contestants.js';
import { objectiveOn } from '../problems/objective-on.js';
import type { LoadedProblem, Problem } from '../problems/problem.js';
import type { Budget, Ending, Point, Summary } from '../study.js';
import { Evaluator } from './evaluate.js';
import type { RunFolder } from './folder.js';
import { hasReached, isSolved, nextPoint } from './points.js';
import { Saver, savedEvery } from './saver.js';
import { warmUp } from './warm-up.js';

/** A step that ends later than this share of the budget does not count: a method with long steps must not get more time. */
const latestShare = 1.05;

function latestSeconds({ seconds = Number.POSITIVE_INFINITY }: Budget): number {
  return latestShare * seconds;
}

/**
 * Milliseconds between two looks at what depends on the time alone: Ctrl-C, checkpoints, messages. With cold caches, as after a step, they
 * take a hundredth of a step of a small network.
 */
const lookEvery = 20;

export interface RunOptions {
  readonly problem: Problem;
  readonly loaded: LoadedProblem;
  readonly contestant: Contestant;
  readonly executor: Executor;
  readonly budget: Budget;
  readonly seed: number;
  /** Steps before the clock starts; none when absent. */
  readonly warmup?: number;
  /** Points of the curve; as many as a chart wants when absent. */
  readonly points?: number;
  /** Seconds between checkpoints, more for states that take long to save; default `savedEvery`. */
  readonly saveEvery?: number;
  readonly folder: RunFolder;
  readonly signal: AbortSignal;
  /** Bytes of resident memory at most up to now. */
  peakMemory(): number;
  /** Told before the run what a user should know of its objective. */
  note?(text: string): void;
  /** Told where the run is, at most once in `lookEvery`. */
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

interface Resumed {
  readonly snapshot?: TrainSnapshot;
  /** The run ended there, and was killed before its summary was written. */
  readonly ending?: Ending;
}

async function resumed(folder: RunFolder, optimizer: Optimizer, objective: Objective, start: Vector): Promise<Resumed> {
  await folder.claim();
  const data = folder.checkpoint();
  const snapshot = data && fromCheckpoint(data, optimizer.init(objective, start));
  await folder.truncate(snapshot?.state.step ?? -1);
  const ending = data?.metadata.ending as Ending | undefined;
  return { ...(snapshot && { snapshot }), ...(ending && { ending }) };
}

/** The event before the first step. */
const start0 = { step: 0, seconds: 0, gradientEquivalents: 0, details: {}, loss: Number.NaN, accepted: true } as const;

/** Whether the run is over before its budget: a small problem is solved, or the method says that it cannot go on. */
function earlyEnding(problem: Problem, point: Point, event: TrainEvent): Ending | undefined {
  if (event.stop !== undefined) return event.stop === 'diverged' ? 'diverged' : 'stalled';
  // Functions have nothing to learn beyond their target.
  return problem.kind !== 'supervised' && isSolved(problem, point) ? 'solved' : undefined;
}

type Training = Parameters<typeof train>[0];

/** Where the steps came to their end, saved. */
interface Ended {
  readonly snapshot: TrainSnapshot;
  /** The last one of the curve. */
  readonly point: Point;
  /** None when the run was cancelled. */
  readonly ending?: Ending;
}

/** Makes steps to the end of the run: records the points that are due, saves, and hears of signals. */
async function stepOn(options: RunOptions, training: Training, first: Point, record: Recorder): Promise<Ended> {
  const { problem, budget, folder, signal, points, saveEvery = savedEvery } = options;
  const latest = latestSeconds(budget);
  // What the steps are timed with serves here, too: reading a clock is not for nothing either.
  let now = performance.now();
  const clock = (): number => {
    now = performance.now();
    return now;
  };
  const steps = train({ ...training, signal, clock, recycle: true });
  const breather = new Breather(signal);
  const saver = new Saver(folder, saveEvery);
  let point = first;
  let next = nextPoint(problem, budget, point, points);
  let look = now;
  for (;;) {
    const { done, value } = await steps.next();
    if (done) {
      await folder.save(value.snapshot);
      const { snapshot, reason } = value;
      return { snapshot, point, ...(reason !== 'cancelled' && { ending: reason === 'diverged' ? reason : 'budget' }) };
    }
    const { event, snapshot } = value;
    const counts = event.seconds <= latest;
    if (counts && hasReached(next, event)) {
      point = await record(event);
      next = nextPoint(problem, budget, point, points);
    }
    const ending = counts ? earlyEnding(problem, point, event) : undefined;
    if (ending !== undefined) {
      await folder.save(snapshot(), ending);
      return { snapshot: snapshot(), point, ending };
    }
    if (now < look) continue;
    look = now + lookEvery;
    if (breather.isDue(now)) await breather.isCancelled();
    if (saver.isDue(now)) await saver.save(snapshot());
    options.progress(event.seconds, event.step, point);
  }
}

/**
 * Trains one contestant until its budget is spent; undefined when it was cancelled, after saving. A run that was cut off
 * goes on from its last checkpoint. A run on a function or a least squares problem ends early when the target is reached; any run
 * ends when its method says that it cannot go on.
 */
export async function runContestant(options: RunOptions): Promise<Summary | undefined> {
  const { problem, loaded, contestant, executor, budget, seed, folder } = options;
  const objective = objectiveOn(executor, loaded, loaded.train);
  for (const text of objective.notes()) options.note?.(text);
  const optimizer = contestant.make();
  const start = objective.layout.flat(loaded.parameters);
  const { snapshot: resume, ending: endedBefore } = await resumed(folder, optimizer, objective, start);
  const warmed = { steps: options.warmup ?? 0, ...(budget.seconds !== undefined && { seconds: budget.seconds }), seed };
  const warmup = warmed.steps > 0 ? await warmUp(objective, optimizer, start, warmed) : undefined;
  const record = recorder(new Evaluator(loaded, executor), folder);
  const first = folder.points().at(-1) ?? (await record({ ...start0, parameters: start }));
  const training = { objective, optimizer, parameters: start, seed, ...budget, ...(resume && { resume }) };
  const { snapshot, point, ending } =
    resume && endedBefore !== undefined
      ? { snapshot: resume, point: first, ending: endedBefore }
      : await stepOn(options, training, first, record);
  if (ending === undefined) return undefined;
  const late = snapshot.seconds > latestSeconds(budget);
  const last = late ? point : await finalPoint(point, snapshot, record);
  // A method may find that it cannot go on because it is there.
  const there = ending === 'stalled' && problem.kind !== 'supervised' && isSolved(problem, last);
  const { rejectedSteps: rejected, nonFiniteSteps: nonFinite } = snapshot;
  return summarize(options, optimizer, last, there ? 'solved' : ending, { rejected, nonFinite }, warmup);
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
  events: Summary['events'] & {},
  warmup: Summary['warmup'],
): Promise<Summary> {
  const { spec, title } = contestant;
  const { settings } = optimizer;
  const first = folder.points().find((point) => isSolved(problem, point));
  const solvedAt = first && {
    step: first.step,
    seconds: first.seconds,
    gradientEquivalents: first.gradientEquivalents,
  };
  const common = { spec, title, settings, ending, last, events, peakMemory: peakMemory(), executor: executor.name };
  const summary = { ...common, ...(solvedAt && { solvedAt }), ...(warmup && { warmup }) };
  await folder.finish(summary);
  return summary;
}

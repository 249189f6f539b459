import type { Vector } from 'osculate/objective';
import { type Optimizer, type StopReason, type TrainSnapshot, train } from 'osculate/optim';
import type { Executor } from 'osculate/runtime';
import { objectiveOn } from '../../problems/objective-on.js';
import type { LoadedProblem } from '../../problems/problem.js';
import { Evaluator } from '../../run/evaluate.js';
import type { Point } from '../../study.js';
import type { TrainCheckpoint } from './checkpoint.js';

/** How often a curve gets a point over a whole run. */
const pointsPerRun = 40;

export interface TrainRun {
  readonly problem: LoadedProblem;
  readonly optimizer: Optimizer;
  readonly executor: Executor;
  readonly seed: number;
  readonly steps?: number;
  /** Seconds of stepping. */
  readonly seconds?: number;
  readonly checkpoint: TrainCheckpoint;
  /** Goes on from the checkpoint if there is one. */
  readonly resume: boolean;
  /** Steps or seconds between checkpoints. */
  readonly every: { readonly steps: number } | { readonly seconds: number };
  readonly signal: AbortSignal;
  /** Told before the run what a user should know of its objective. */
  note(text: string): void;
  progress(seconds: number, step: number, loss: number, point: Point): void;
}

export interface TrainOutcome {
  readonly reason: StopReason;
  readonly snapshot: TrainSnapshot;
  readonly points: readonly Point[];
  /** Where the run was resumed from. */
  readonly resumedAt?: number;
}

/** Most rows in one run of a program: intermediate values of convolutions are large. */
const chunk = 256;

function isDue({ every }: TrainRun, step: number, saved: number): boolean {
  return 'steps' in every ? step % every.steps === 0 : performance.now() - saved >= 1000 * every.seconds;
}

/**
 * Trains until steps or time are spent, and keeps curves and checkpoints. A run that was cut off, at any moment and in any way, and resumed
 * makes the same steps as one that was not.
 */
export async function trainRun(run: TrainRun): Promise<TrainOutcome> {
  const { problem, optimizer, executor, checkpoint, signal, seed, steps, seconds } = run;
  const objective = objectiveOn(executor, problem, problem.train, chunk);
  for (const text of objective.notes()) run.note(text);
  const start = objective.layout.flat(problem.parameters);
  const saved = run.resume ? checkpoint.load(optimizer.init(objective, start)) : undefined;
  const points: Point[] = [...(saved?.points ?? [])];
  const evaluator = new Evaluator(problem, executor);
  const record = async (at: Omit<Point, 'values'>, vector: Vector): Promise<void> => {
    points.push({ ...at, values: await evaluator.evaluate(vector) });
  };
  if (points.length === 0) await record({ step: 0, seconds: 0, gradientEquivalents: 0, details: {} }, start);
  const spacing = { steps: Math.ceil((steps ?? 0) / pointsPerRun), seconds: (seconds ?? 0) / pointsPerRun };
  const limits = { ...(steps !== undefined && { steps }), ...(seconds !== undefined && { seconds }) };
  const resume = saved ? { resume: saved.snapshot } : {};
  const stepping = train({
    objective,
    optimizer,
    parameters: start,
    seed,
    signal,
    recycle: true,
    ...limits,
    ...resume,
  });
  let last = performance.now();
  for (;;) {
    const { done, value } = await stepping.next();
    if (done) {
      const { reason, snapshot } = value;
      const { state, gradientEquivalents } = snapshot;
      const at = { step: state.step, seconds: snapshot.seconds, gradientEquivalents, details: {} };
      if (reason !== 'cancelled' && points.at(-1)!.step !== state.step) await record(at, state.parameters);
      await checkpoint.save({ snapshot, points });
      await objective.dispose();
      // Parameters can be finite and the model's outputs not.
      const lost = reason !== 'cancelled' && points.at(-1)!.values.trainLoss === null;
      return {
        reason: lost ? 'diverged' : reason,
        snapshot,
        points,
        ...(saved && { resumedAt: saved.snapshot.state.step }),
      };
    }
    const { event, snapshot } = value;
    const { step, details, gradientEquivalents } = event;
    const due =
      steps === undefined ? event.seconds - points.at(-1)!.seconds >= spacing.seconds : step % spacing.steps === 0;
    if (due) await record({ step, seconds: event.seconds, gradientEquivalents, details }, event.parameters);
    if (isDue(run, step, last)) {
      await checkpoint.save({ snapshot: snapshot(), points });
      last = performance.now();
    }
    run.progress(event.seconds, step, event.loss, points.at(-1)!);
  }
}

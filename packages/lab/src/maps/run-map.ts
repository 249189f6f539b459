import { Breather } from '../breather.js';
import { type Contestant, parseContestants } from '../contestants.js';
import type { Problem } from '../problems/problem.js';
import { type LoadedVector, loadVector, vectorObjective } from '../problems/vector-objective.js';
import { UsageError } from '../usage-error.js';
import type { BasinMap, OptimizerMap, Window } from './basin-map.js';
import { mapDefaults } from './defaults.js';
import { type Endings, findEndings } from './endings.js';
import { runStart, type StartRun } from './run-start.js';

export interface MapSettings {
  /** As on the command line; what suits the problem when absent. */
  readonly optimizers?: string;
  readonly window?: readonly number[];
  /** Starts along each side. */
  readonly grid: number;
  readonly maxSteps: number;
  readonly tolerance: number;
}

/** Sizes of the window beyond which a run has left for good; plain Newton steps come back from hundreds. */
const farthest = 1e4;

function checked({ grid, maxSteps }: MapSettings, window: readonly number[]): Window {
  const [x0 = Number.NaN, x1 = Number.NaN, y0 = Number.NaN, y1 = Number.NaN] = window;
  if (window.length !== 4 || !(x0 < x1 && y0 < y1)) {
    throw new UsageError(
      `--window is ${window.join(',')}; it must be four numbers x0,x1,y0,y1 with x0 < x1 and y0 < y1`,
    );
  }
  if (grid < 2 || grid > 2000) throw new UsageError(`--grid is ${grid}; it must be 2 to 2000`);
  if (maxSteps < 1) throw new UsageError(`--max-steps is ${maxSteps}; it must be at least 1`);
  return [x0, x1, y0, y1];
}

/** The start at a place of the grid, the middle of its pixel. */
function startAt([x0, x1, y0, y1]: Window, grid: number, i: number): Float64Array {
  const [column, row] = [i % grid, Math.floor(i / grid)];
  return Float64Array.of(x0 + ((column + 0.5) / grid) * (x1 - x0), y0 + ((row + 0.5) / grid) * (y1 - y0));
}

interface Outcome {
  readonly runs: readonly StartRun[];
  /** Gradient equivalents of all of them. */
  readonly work: number;
}

interface Task {
  readonly vector: LoadedVector;
  readonly window: Window;
  readonly settings: MapSettings;
  readonly signal: AbortSignal;
  /** Told of the share that is done. */
  progress(share: number): void;
}

/** One optimizer from all starts; undefined when cancelled. */
async function overGrid(contestant: Contestant, task: Task): Promise<Outcome | undefined> {
  const { vector, window, settings, signal } = task;
  const { grid, maxSteps, tolerance } = settings;
  const objective = vectorObjective(vector);
  const optimizer = contestant.make();
  const limits = { maxSteps, tolerance, farthest: farthest * Math.max(1, ...window.map(Math.abs)) };
  const runs: StartRun[] = [];
  const breather = new Breather(signal);
  for (let i = 0; i < grid * grid; i++) {
    const run = await runStart(objective, optimizer, startAt(window, grid, i), limits, breather);
    if (run === undefined) return undefined;
    runs.push(run);
    if (!breather.isDue()) continue;
    task.progress(i / grid ** 2);
    if (await breather.isCancelled()) return undefined;
  }
  const work = objective.work();
  await objective.dispose();
  return { runs, work };
}

function summary({ spec, title }: Contestant, { runs, work }: Outcome, endings: Endings): OptimizerMap {
  const ends = runs.map(endings.of);
  const shares = endings.list.map((_, k) => ends.filter((end) => end === k).length / runs.length);
  const steps = runs.map((run) => run.steps);
  const good = steps.filter((_, i) => endings.list[ends[i]!]!.kind === 'minimum').sort((a, b) => a - b);
  const quantile = (share: number): number => good[Math.min(good.length - 1, Math.floor(share * good.length))]!;
  return {
    ...{ spec, title, ends, steps, shares, success: good.length / runs.length, work: work / runs.length },
    ...(good.length > 0 && { successSteps: { median: quantile(0.5), high: quantile(0.95) } }),
  };
}

/**
 * Runs optimizers on a function of two variables from every point of a grid, and says where each run ends and after how many steps.
 * Undefined when cancelled. `say` is told what is under way.
 * @throws UsageError for a problem that is not a function of two variables, and for settings that make no sense
 */
export async function runMap(
  problem: Problem,
  settings: MapSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<BasinMap | undefined> {
  const vector = await loadVector(problem);
  const { start } = vector;
  if (start.length !== 2) {
    throw new UsageError(
      `"${problem.name}" has ${start.length} variables; a map is of a function of two, as himmelblau`,
    );
  }
  const defaults = mapDefaults(problem.name, Array.from(start));
  const window = checked(settings, settings.window ?? defaults.window);
  const contestants = parseContestants(settings.optimizers ?? defaults.optimizers.join(','));
  const began = performance.now();
  const outcomes: Outcome[] = [];
  for (const [i, contestant] of contestants.entries()) {
    const progress = (share: number): void =>
      say(`[${i + 1}/${contestants.length}] ${contestant.title}: ${Math.floor(100 * share)} % of the starts`);
    const outcome = await overGrid(contestant, { vector, window, settings, signal, progress });
    if (outcome === undefined) return undefined;
    outcomes.push(outcome);
  }
  const objective = vectorObjective(vector);
  const endings = await findEndings(
    outcomes.flatMap(({ runs }) => runs),
    objective,
    window,
  );
  await objective.dispose();
  const { grid, maxSteps, tolerance } = settings;
  return {
    ...{ problem: problem.name, title: problem.title, window, grid, maxSteps, tolerance },
    endings: endings.list,
    maps: contestants.map((contestant, i) => summary(contestant, outcomes[i]!, endings)),
    seconds: (performance.now() - began) / 1000,
  };
}

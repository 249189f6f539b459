import { studentQuantile } from 'osculate/fit';
import { allRows, type Objective } from 'osculate/objective';
import type { Optimizer } from 'osculate/optim';
import { generator } from 'osculate/tensor';
import { Breather } from '../breather.js';
import { problemNamed } from '../problems/index.js';
import { loadVector, vectorObjective } from '../problems/vector-objective.js';
import { powerLaw } from '../statistics/convergence.js';
import { UsageError } from '../usage-error.js';
import type { ConditionSweep, SweepFit, SweepPoint, SweepSeries } from './condition-sweep.js';
import type { SweepMethod } from './methods.js';

export interface SweepSettings {
  readonly conditions: readonly number[];
  readonly size: number;
  readonly tolerance: number;
  readonly maxSteps: number;
}

/** @throws UsageError for settings that make no sense */
function checkSweep({ conditions, tolerance, maxSteps }: SweepSettings): void {
  if (conditions.length < 3 || new Set(conditions).size < conditions.length) {
    throw new UsageError(`--conditions has ${conditions.join(', ')}; a slope needs at least three different ones`);
  }
  if (!(tolerance > 1e-14 && tolerance < 1))
    throw new UsageError(`--tolerance is ${tolerance}; it must be above 1e-14 and below 1`);
  if (maxSteps < 1) throw new UsageError(`--max-steps is ${maxSteps}; it must be at least 1`);
}

interface Run {
  readonly objective: Objective;
  readonly start: Float64Array;
  readonly optimizer: Optimizer;
  readonly method: SweepMethod;
  readonly condition: number;
}

/** Steps until f, of which the minimum is 0, has fallen to its goal; undefined when cancelled. */
async function point(run: Run, settings: SweepSettings, breather: Breather): Promise<SweepPoint | undefined> {
  const { objective, start, optimizer, condition } = run;
  const goal = settings.tolerance * (await objective.value(start, allRows(1)));
  const [base, began, random] = [objective.work(), performance.now(), generator(0)];
  const inner = run.method.counted === 'CG iterations';
  let [state, count] = [optimizer.init(objective, start), 0];
  for (let steps = 0; ; steps++) {
    const work = objective.work() - base;
    const { state: next, report } = await optimizer.step(state, { objective, generator: random });
    const done = (end: SweepPoint['end']): SweepPoint => {
      return { condition, end, count: inner ? count : steps, steps, work, seconds: (performance.now() - began) / 1000 };
    };
    // What the step reports is f before it.
    if (report.loss <= goal) return done('solved');
    if (report.stop !== undefined || !Number.isFinite(report.loss)) return done('stopped');
    if (steps >= settings.maxSteps) return done('cap');
    count += report.details.cgIterations ?? 0;
    state = next;
    if (breather.isDue() && (await breather.isCancelled())) return undefined;
  }
}

/** The slope from a decade before the last run to it. */
function lastDecade(solved: readonly SweepPoint[]): number | undefined {
  const last = solved.at(-1)!;
  const before = solved.findLast(({ condition }) => condition <= 0.11 * last.condition);
  return before && Math.log(last.count / before.count) / Math.log(last.condition / before.condition);
}

/** The slope of log count against log κ by least squares over the solved runs, with Student's t interval. */
export function fitSlope(points: readonly SweepPoint[]): SweepFit | undefined {
  const solved = points.filter(({ end, count }) => end === 'solved' && count > 0);
  if (solved.length < 3) return undefined;
  const { slope, standardError } = powerLaw(solved.map(({ condition, count }) => [condition, count] as const));
  const half = studentQuantile(0.95, solved.length - 2) * standardError;
  const logs = solved.map(({ condition, count }) => Math.log(count) - slope * Math.log(condition));
  const factor = Math.exp(logs.reduce((sum, v) => sum + v, 0) / logs.length);
  const tail = lastDecade(solved);
  const fit = { slope, low: slope - half, high: slope + half, factor, points: solved.length };
  return { ...fit, ...(tail !== undefined && { lastDecade: tail }) };
}

const notRun = { end: 'skipped', count: 0, steps: 0, work: 0, seconds: 0 } as const;

/**
 * Runs every method on quadratics of growing condition number and counts iterations; a method that has reached the cap on steps is not
 * run on harder ones. Undefined when cancelled. `say` is told what is under way.
 */
export async function runSweep(
  methods: readonly SweepMethod[],
  settings: SweepSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<ConditionSweep | undefined> {
  checkSweep(settings);
  const conditions = [...settings.conditions].sort((a, b) => a - b);
  const points = methods.map((): SweepPoint[] => []);
  const [began, breather] = [performance.now(), new Breather(signal)];
  for (const condition of conditions) {
    const problem = problemNamed(`quadratic:${condition}:size=${settings.size}`);
    const vector = await loadVector(problem);
    for (const [i, method] of methods.entries()) {
      if (points[i]!.some(({ end }) => end === 'cap' || end === 'skipped')) {
        points[i]!.push({ condition, ...notRun });
        continue;
      }
      say(`κ = ${condition}: ${method.title}`);
      const objective = vectorObjective(vector);
      const optimizer = method.make(condition);
      const found = await point({ objective, start: vector.start, optimizer, method, condition }, settings, breather);
      await objective.dispose();
      if (found === undefined) return undefined;
      points[i]!.push(found);
    }
  }
  const series = methods.map(({ name, title, settings: text, counted, theory }, i): SweepSeries => {
    const fit = fitSlope(points[i]!);
    const about = { method: name, title, settings: text, counted, ...(theory && { theory }) };
    return { ...about, points: points[i]!, ...(fit && { fit }) };
  });
  const { size, tolerance, maxSteps } = settings;
  return { size, tolerance, maxSteps, conditions, series, seconds: (performance.now() - began) / 1000 };
}

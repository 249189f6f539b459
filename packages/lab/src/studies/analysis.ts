import { median } from 'simple-statistics';
import type { Measure } from '../problems/problem.js';
import { type Asymptotics, asymptotics } from '../statistics/convergence.js';
import { geometricInterval, type Interval, meanInterval } from '../statistics/interval.js';
import { type ProfileStep, performanceProfiles } from '../statistics/performance-profile.js';
import { type Sensitivity, sensitivity } from '../statistics/sensitivity.js';
import { medianTime, type Observation } from '../statistics/survival.js';
import type { Point } from '../study.js';
import { type Contrast, contrast } from './contrast.js';
import { type EntrantResults, judgedBy, type ProblemResults, type SeededResult, type StudyResults } from './results.js';

/** What costs are counted in. */
export type Axis = 'seconds' | 'step' | 'gradientEquivalents';
export const axes: readonly Axis[] = ['seconds', 'step', 'gradientEquivalents'];

/** What optimizers are ranked by: the judged measure at the end, or what it took to reach the aim. */
export type Criterion = 'final' | Axis;

/** A value of a measure that counts as reached, and where it is from. */
export interface Aim {
  readonly measure: Measure;
  readonly value: number;
  readonly source: string;
}

/** What it took the runs of one optimizer to reach the aim. */
export interface TimeToAim {
  readonly reached: number;
  readonly runs: number;
  /** Median over all runs, those that did not reach it counted as later; absent when fewer than half did. */
  readonly median: Readonly<Partial<Record<Axis, number>>>;
  /** One for each run; of those that did not reach the aim, when they ended. */
  readonly observations: Readonly<Record<Axis, readonly Observation[]>>;
}

export interface EntrantAnalysis {
  readonly results: EntrantResults;
  readonly title: string;
  /** Last values of every measure over the seeds that did not diverge. */
  readonly measures: Readonly<Record<string, Interval>>;
  readonly aim: TimeToAim;
  /** How f − minimum falls in the end, medians over the seeds in which that can be said; absent where the minimum is not known. */
  readonly convergence?: Asymptotics & { readonly seeds: number };
  /** Test less train loss at the end, over the seeds that did not diverge. */
  readonly generalisation?: Interval;
  readonly sensitivity?: Sensitivity;
  /** Seconds of stepping in the search. */
  readonly searchSeconds: number;
  readonly peakMemory: number;
  readonly diverged: number;
  /** Shares of all steps of its runs that were rejected, and because something was not finite; absent where nothing was counted. */
  readonly events?: { readonly rejected: number; readonly nonFinite: number };
}

export interface ProblemAnalysis {
  readonly results: ProblemResults;
  readonly judged: Measure;
  readonly aim: Aim;
  readonly entrants: readonly EntrantAnalysis[];
}

export interface StudyAnalysis {
  readonly results: StudyResults;
  readonly problems: readonly ProblemAnalysis[];
  /** Over the problems, by optimizer name without settings; cost is the median to the aim. */
  readonly profiles: Readonly<Record<Axis, Readonly<Record<string, readonly ProfileStep[]>>>>;
}

/** Relative to f: below, f − minimum is the rounding of f. */
const rounding = 1e-13;

const measured = (point: Point, { key }: Measure): number => point.values[key] ?? Number.NaN;

const judgedOf = (problem: ProblemResults['problem']): Measure =>
  problem.measures.find(({ key }) => key === judgedBy(problem))!;

/** A run's last value; not a number when it diverged. */
const finalOf = ({ summary }: SeededResult, measure: Measure): number =>
  summary.ending === 'diverged' ? Number.NaN : measured(summary.last, measure);

const atLeastAsGood = ({ better }: Measure, value: number, aim: number): boolean =>
  better === 'lower' ? value <= aim : value >= aim;

/** The part of an interval that is possible: Student's may reach beyond, a share above 1 say. Without ends it stays. */
function within(interval: Interval, bounds: readonly [number, number] | undefined): Interval {
  if (!bounds || !Number.isFinite(interval.low)) return interval;
  return { ...interval, low: Math.max(bounds[0], interval.low), high: Math.min(bounds[1], interval.high) };
}

/** Over what is finite: the geometric mean of a measure whose quotients matter, else the mean. */
function summarise(values: readonly number[], { logarithmic, bounds }: Measure): Interval | undefined {
  const finite = values.filter((v) => Number.isFinite(v) && (!logarithmic || v >= 0));
  if (finite.length === 0) return undefined;
  if (!logarithmic) return within(meanInterval(finite), bounds);
  // One exact zero makes the geometric mean zero; logarithms then say nothing of the scatter.
  return finite.includes(0) ? { estimate: 0, low: 0, high: Math.max(...finite) } : geometricInterval(finite);
}

/** The best that a run had of a measure by a time; the worst there is when it had none. */
function bestBy({ points }: SeededResult, measure: Measure, seconds: number): number {
  const values = points.filter((p) => p.seconds <= seconds).map((p) => measured(p, measure));
  const finite = values.filter((v) => Number.isFinite(v));
  return measure.better === 'lower' ? Math.min(...finite) : Math.max(...finite);
}

const shareText = (share: number): string => (share === 1 ? 'the end' : `${Number((100 * share).toPrecision(3))} %`);

/**
 * What the declared optimizer has reached in each of its seeds by the declared share of its time: its runs all get there, so that the
 * times of others compare with times that are known. Undefined when that optimizer has no runs, or diverged in one before anything.
 */
function declaredAimOf({ declared: { aim }, problem, entrants }: ProblemResults): Aim | undefined {
  const reference = aim && entrants.find(({ entrant }) => entrant.spec === aim.optimizer);
  if (!aim || !reference) return undefined;
  const measure = problem.measures.find(({ key }) => key === aim.measure)!;
  const each = reference.runs.map((run) => bestBy(run, measure, aim.share * run.summary.last.seconds));
  const value = measure.better === 'lower' ? Math.max(...each) : Math.min(...each);
  if (!Number.isFinite(value)) return undefined;
  const { title } = reference.runs[0]!.summary;
  return { measure, value, source: `what ${title} has reached in every seed by ${shareText(aim.share)} of its time` };
}

/**
 * What counts as reached: what the study declares; without that the problem's own target if some run got there, otherwise what the first
 * optimizer of the list that did not always diverge ends at on average over its seeds.
 */
function aimOf(results: ProblemResults): Aim {
  return declaredAimOf(results) ?? targetOrFirst(results);
}

function targetOrFirst({ problem, entrants }: ProblemResults): Aim {
  const { target } = problem;
  const measure = judgedOf(problem);
  const runs = entrants.flatMap((entrant) => entrant.runs);
  const solved =
    target && runs.some(({ points }) => points.some((p) => atLeastAsGood(measure, measured(p, measure), target.value)));
  if (solved) return { measure, value: target.value, source: target.source };
  const ends = entrants.map((entrant) => ({
    entrant,
    interval: summarise(
      entrant.runs.map((run) => finalOf(run, measure)),
      measure,
    ),
  }));
  const first = ends.find(({ interval }) => interval !== undefined);
  if (!first) return { measure, value: Number.NaN, source: 'every run diverged' };
  const { title } = first.entrant.runs[0]!.summary;
  return { measure, value: first.interval!.estimate, source: `what ${title} ends at on average over its seeds` };
}

/**
 * Where a run got to the aim: at the first point there, or between it and the point before when there were steps between them, linearly in
 * the measure (in its logarithm where quotients matter).
 */
function crossing(points: readonly Point[], { measure, value }: Aim): Readonly<Record<Axis, number>> | undefined {
  const index = points.findIndex((p) => atLeastAsGood(measure, measured(p, measure), value));
  const [before, first] = [points[index - 1], points[index]];
  if (!first || !before || first.step - before.step < 2) return first;
  const height = (v: number): number => (measure.logarithmic ? Math.log(v) : v);
  const [from, to] = [height(measured(before, measure)), height(measured(first, measure))];
  const share = (from - height(value)) / (from - to);
  if (!(share >= 0 && share <= 1)) return first;
  const at = (axis: Axis): number => before[axis] + share * (first[axis] - before[axis]);
  return {
    seconds: at('seconds'),
    step: Math.ceil(at('step')),
    gradientEquivalents: at('gradientEquivalents'),
  };
}

function timeToAim(runs: readonly SeededResult[], aim: Aim): TimeToAim {
  const first = runs.map(({ points }) => crossing(points, aim));
  const observed = (axis: Axis): Observation[] =>
    runs.map(({ summary }, i) => ({ time: (first[i] ?? summary.last)[axis], censored: first[i] === undefined }));
  const observations = {
    seconds: observed('seconds'),
    step: observed('step'),
    gradientEquivalents: observed('gradientEquivalents'),
  };
  const median: Partial<Record<Axis, number>> = {};
  for (const axis of axes) {
    // A run that diverged or gave up early would leave the others to decide: it counts as one that never gets there.
    const time = medianTime(observations[axis].map((o) => (o.censored ? { ...o, time: Number.POSITIVE_INFINITY } : o)));
    if (time !== undefined) median[axis] = time;
  }
  return { reached: first.filter((p) => p !== undefined).length, runs: runs.length, median, observations };
}

/** How wide the region around the best setting is, by what the search looked at. Undefined unless all of it is positive. */
function widthOf({ trials }: EntrantResults): Sensitivity | undefined {
  const found = trials.map(({ value, score }) => ({ value, loss: score }));
  return found.length > 1 && found.every(({ loss }) => loss > 0) ? sensitivity(found) : undefined;
}

/** Of f − minimum, where it is above the rounding of f. */
function convergenceOf(runs: readonly SeededResult[], measures: readonly Measure[]): EntrantAnalysis['convergence'] {
  if (!measures.some(({ key }) => key === 'gap')) return undefined;
  const found = runs.flatMap(({ points, summary }) => {
    const errors = points.flatMap(({ step, values: { gap, loss } }) =>
      gap && loss !== null && loss !== undefined && gap > rounding * Math.abs(loss) ? [{ step, error: gap }] : [],
    );
    return summary.ending === 'diverged' ? [] : (asymptotics(errors) ?? []);
  });
  if (found.length === 0) return undefined;
  return { order: median(found.map((f) => f.order)), rate: median(found.map((f) => f.rate)), seeds: found.length };
}

function generalisationOf(runs: readonly SeededResult[], measures: readonly Measure[]): Interval | undefined {
  const [train, test] = ['loss', 'testLoss'].map((key) => measures.find((measure) => measure.key === key));
  if (!train || !test) return undefined;
  const gaps = runs.map((run) => finalOf(run, test) - finalOf(run, train)).filter(Number.isFinite);
  // All zero: the test set is the training set.
  return gaps.some((gap) => gap !== 0) ? meanInterval(gaps) : undefined;
}

function eventsOf(runs: readonly SeededResult[]): EntrantAnalysis['events'] {
  const counted = runs.flatMap(({ summary: { events, last } }) => (events ? [{ ...events, steps: last.step }] : []));
  const sum = (of: (one: (typeof counted)[number]) => number): number => counted.reduce((n, one) => n + of(one), 0);
  const steps = sum((one) => one.steps);
  return steps > 0
    ? { rejected: sum((one) => one.rejected) / steps, nonFinite: sum((one) => one.nonFinite) / steps }
    : undefined;
}

function analyseEntrant(results: EntrantResults, aim: Aim, measures: readonly Measure[]): EntrantAnalysis {
  const { runs, trials } = results;
  const ends = measures.flatMap((m) => {
    const interval = summarise(
      runs.map((run) => finalOf(run, m)),
      m,
    );
    return interval ? [[m.key, interval] as const] : [];
  });
  const width = widthOf(results);
  const convergence = convergenceOf(runs, measures);
  const generalisation = generalisationOf(runs, measures);
  const events = eventsOf(runs);
  return {
    results,
    title: runs[0]!.summary.title,
    measures: Object.fromEntries(ends),
    aim: timeToAim(runs, aim),
    ...(convergence && { convergence }),
    ...(generalisation && { generalisation }),
    ...(width && { sensitivity: width }),
    searchSeconds: trials.reduce((sum, { summary }) => sum + summary.last.seconds, 0),
    peakMemory: Math.max(...runs.map(({ summary }) => summary.peakMemory)),
    ...(events && { events }),
    diverged: runs.filter(({ summary }) => summary.ending === 'diverged').length,
  };
}

function analyseProblem(results: ProblemResults): ProblemAnalysis {
  const aim = aimOf(results);
  const { entrants, problem } = results;
  return {
    results,
    judged: judgedOf(problem),
    aim,
    entrants: entrants.map((entrant) => analyseEntrant(entrant, aim, problem.measures)),
  };
}

/** The optimizer's name without its settings. */
const nameOf = ({ spec }: { readonly spec: string }): string => spec.split(':')[0]!;

/** Profiles over the problems that an optimizer was run on; one that was not run on a problem has not solved it. */
function profilesOf(problems: readonly ProblemAnalysis[], axis: Axis): Record<string, ProfileStep[]> {
  const names = [
    ...new Set(problems.flatMap(({ entrants }) => entrants.map(({ results }) => nameOf(results.entrant)))),
  ];
  const cost = (problem: ProblemAnalysis, name: string): number | undefined => {
    const medians = problem.entrants
      .filter(({ results }) => nameOf(results.entrant) === name)
      .map(({ aim }) => aim.median[axis]);
    const known = medians.filter((m) => m !== undefined);
    return known.length > 0 ? Math.min(...known) : undefined;
  };
  return performanceProfiles(
    Object.fromEntries(names.map((name) => [name, problems.map((problem) => cost(problem, name))])),
  );
}

/** All figures of a study's report: intervals over seeds, costs to the aim with censoring, sensitivities, profiles. */
export function analyseStudy(results: StudyResults): StudyAnalysis {
  const problems = results.problems.map(analyseProblem);
  const along = (axis: Axis) => profilesOf(problems, axis);
  const profiles = {
    seconds: along('seconds'),
    step: along('step'),
    gradientEquivalents: along('gradientEquivalents'),
  };
  return { results, problems, profiles };
}

/** Figures of one optimizer's runs by a criterion; infinite or not a number where a run failed by it. */
function figuresOf({ results, aim }: EntrantAnalysis, judged: Measure, criterion: Criterion): number[] {
  if (criterion === 'final') return results.runs.map((run) => finalOf(run, judged));
  return aim.observations[criterion].map(({ time, censored }) => (censored ? Number.POSITIVE_INFINITY : time));
}

/** Two optimizers on the same problem, for the seeds that both ran. */
export function compareEntrants(
  { judged }: Pick<ProblemAnalysis, 'judged'>,
  one: EntrantAnalysis,
  other: EntrantAnalysis,
  criterion: Criterion,
): Contrast {
  const figures = figuresOf(one, judged, criterion);
  const others = figuresOf(other, judged, criterion);
  const pairs = one.results.runs.flatMap(({ seed }, i) => {
    const k = other.results.runs.findIndex((run) => run.seed === seed);
    return k < 0 ? [] : [[figures[i]!, others[k]!] as const];
  });
  if (criterion !== 'final') return contrast(pairs, 'ratio', 'lower');
  const found = contrast(pairs, judged.logarithmic ? 'ratio' : 'difference', judged.better);
  if (!judged.bounds || !found.interval) return found;
  const most = judged.bounds[1] - judged.bounds[0];
  return { ...found, interval: within(found.interval, [-most, most]) };
}

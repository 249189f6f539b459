import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problemNamed } from '../problems/index.js';
import type { Problem } from '../problems/problem.js';
import { RunFolder } from '../run/folder.js';
import type { Result } from '../study.js';
import { finalJobs, type Job, tuningJobs, withSetting } from './jobs.js';
import type { DeclaredStudy, Entrant, StudyProblem } from './study-file.js';

/** A trial of a search. */
export interface TrialResult extends Result {
  readonly value: number;
  /** What the search looks at; infinite when it is not finite. */
  readonly score: number;
}

export interface SeededResult extends Result {
  readonly seed: number;
}

/** All that was run of one optimizer on one problem. */
export interface EntrantResults {
  readonly entrant: Entrant;
  /** With the settings that the search chose. */
  readonly optimizer: string;
  readonly trials: readonly TrialResult[];
  readonly runs: readonly SeededResult[];
}

export interface ProblemResults {
  readonly declared: StudyProblem;
  readonly problem: Problem;
  readonly entrants: readonly EntrantResults[];
}

export interface StudyResults {
  readonly study: DeclaredStudy;
  readonly problems: readonly ProblemResults[];
}

/** Key of the measure that runs are judged by: the target's, or what is minimised. */
export function judgedBy({ target, measures }: Pick<Problem, 'target' | 'measures'>): string {
  return target?.measure ?? measures[0]!.key;
}

/**
 * What a search looks at: what is minimised, on the training data. The judged measure may be one on the test data, which must not choose
 * settings.
 */
function scoreOf({ measures }: Pick<Problem, 'measures'>, { summary }: Result): number {
  const value = summary.last.values[measures[0]!.key];
  return typeof value === 'number' && summary.ending !== 'diverged' ? value : Number.POSITIVE_INFINITY;
}

/** A finished run; undefined before that. */
function resultIn(root: string, { folder }: Job): Result | undefined {
  const path = join(root, folder);
  if (!existsSync(path)) return undefined;
  const run = new RunFolder(path);
  const summary = run.summary();
  return summary && { summary, points: run.points() };
}

function trialsOf(root: string, study: DeclaredStudy, declared: StudyProblem, entrant: Entrant): TrialResult[] {
  const problem = problemNamed(declared.problem);
  return tuningJobs(study, declared, entrant).flatMap((job, i) => {
    const result = resultIn(root, job);
    return result ? [{ ...result, value: entrant.tuned!.values[i]!, score: scoreOf(problem, result) }] : [];
  });
}

/** The best trial; of those that are alike, all diverged say, the one closest to the middle of the grid, where the default is. */
function bestTrial(trials: readonly TrialResult[]): TrialResult {
  const middle = (trials.length - 1) / 2;
  const fromMiddle = trials.map((_, i) => i).sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  return fromMiddle.map((i) => trials[i]!).reduce((a, b) => (b.score < a.score ? b : a));
}

/** The optimizer with the best of the values tried. Undefined while trials are missing. */
export function chosenOptimizer(
  root: string,
  study: DeclaredStudy,
  declared: StudyProblem,
  entrant: Entrant,
): string | undefined {
  const { spec, tuned } = entrant;
  if (!tuned) return spec;
  const trials = trialsOf(root, study, declared, entrant);
  if (trials.length < tuned.values.length) return undefined;
  return withSetting(spec, tuned.setting, bestTrial(trials).value);
}

function entrantResults(root: string, study: DeclaredStudy, declared: StudyProblem, entrant: Entrant): EntrantResults {
  const optimizer = chosenOptimizer(root, study, declared, entrant) ?? entrant.spec;
  const runs = finalJobs(study, declared, entrant, optimizer).flatMap((job) => {
    const result = resultIn(root, job);
    return result ? [{ ...result, seed: job.seed }] : [];
  });
  return { entrant, optimizer, trials: trialsOf(root, study, declared, entrant), runs };
}

/** Everything that is finished of a study. Problems and entrants without a finished run are left out. */
export function studyResults(root: string, study: DeclaredStudy): StudyResults {
  const problems = study.problems.flatMap((declared) => {
    const all = declared.entrants.map((entrant) => entrantResults(root, study, declared, entrant));
    const entrants = all.filter(({ runs }) => runs.length > 0);
    return entrants.length > 0 ? [{ declared, problem: problemNamed(declared.problem), entrants }] : [];
  });
  return { study, problems };
}

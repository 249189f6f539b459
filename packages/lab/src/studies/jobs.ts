import { join } from 'node:path';
import { folderName } from '../run/folder.js';
import type { Budget } from '../study.js';
import type { DeclaredStudy, Entrant, StudyProblem } from './study-file.js';

/** One run of a study: everything that determines it, and where it is kept. */
export interface Job {
  readonly problem: string;
  /** The optimizer with all settings. */
  readonly optimizer: string;
  readonly seed: number;
  readonly budget: Budget;
  readonly threads: number;
  /** Steps before the clock starts. */
  readonly warmup: number;
  /** How many points of a curve are recorded; as many as a chart wants when absent. */
  readonly points?: number;
  /** Relative to the study's folder. */
  readonly folder: string;
}

/** Of a trial only the end is looked at. */
const pointsOfTrial = 5;

/** An entrant's folder, apart from that of the same optimizer with other treatment. */
function entrantFolder(problem: StudyProblem, { spec, tuned }: Entrant): string {
  return join(folderName(problem.problem), `${folderName(spec)}${tuned ? '-tuned' : ''}`);
}

/** A spec with one more setting. */
export function withSetting(spec: string, setting: string, value: number): string {
  return `${spec}:${setting}=${value}`;
}

function scaled(budget: Budget, share: number): Budget {
  const { seconds, steps, gradientEquivalents } = budget;
  return {
    ...(seconds !== undefined && { seconds: share * seconds }),
    ...(steps !== undefined && { steps: Math.max(1, Math.round(share * steps)) }),
    ...(gradientEquivalents !== undefined && { gradientEquivalents: share * gradientEquivalents }),
  };
}

/** The trials of an entrant's search, one a value; none when it is not tuned. */
export function tuningJobs(study: DeclaredStudy, problem: StudyProblem, entrant: Entrant): Job[] {
  const { tuned } = entrant;
  const { tuning } = problem;
  if (!tuned || tuning === false) return [];
  return tuned.values.map((value) => ({
    problem: problem.problem,
    optimizer: withSetting(entrant.spec, tuned.setting, value),
    seed: tuning.seed,
    budget: scaled(problem.budget, tuning.share),
    threads: tuning.threads ?? study.threads,
    warmup: study.warmup,
    points: pointsOfTrial,
    folder: join(entrantFolder(problem, entrant), `trial-${value}`),
  }));
}

/** The runs that are compared, one a seed, with the settings that the search chose. */
export function finalJobs(study: DeclaredStudy, problem: StudyProblem, entrant: Entrant, optimizer: string): Job[] {
  return study.seeds.map((seed) => ({
    problem: problem.problem,
    optimizer,
    seed,
    budget: problem.budget,
    threads: study.threads,
    warmup: study.warmup,
    ...(study.points !== undefined && { points: study.points }),
    folder: join(entrantFolder(problem, entrant), `seed-${seed}`),
  }));
}

import { join } from 'node:path';
import { RunFolder } from '../run/folder.js';
import { finalJobs, type Job, tuningJobs } from './jobs.js';
import { chosenOptimizer } from './results.js';
import type { DeclaredStudy } from './study-file.js';

export interface StudyHooks {
  readonly signal: AbortSignal;
  /** Runs one job in a process of its own; false when it was cancelled. */
  execute(job: Job): Promise<boolean>;
  /** Told before every job that is not done yet. */
  begin?(job: Job, done: number, total: number): void;
}

/** Runs the jobs that are not done yet, so many at once. False when cancelled. */
async function runJobs(root: string, jobs: readonly Job[], parallel: number, hooks: StudyHooks, count: Counter) {
  const waiting = jobs.filter(({ folder }) => !new RunFolder(join(root, folder)).summary());
  count.done += jobs.length - waiting.length;
  let cancelled = false;
  const lane = async (): Promise<void> => {
    for (let job = waiting.shift(); job && !cancelled; job = waiting.shift()) {
      if (hooks.signal.aborted) cancelled = true;
      else {
        hooks.begin?.(job, count.done, count.total);
        if (await hooks.execute(job)) count.done++;
        else cancelled = true;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return !cancelled;
}

interface Counter {
  done: number;
  readonly total: number;
}

function totalJobs({ problems, seeds }: DeclaredStudy): number {
  const trials = problems.flatMap(({ entrants }) => entrants.map(({ tuned }) => tuned?.values.length ?? 0));
  const runs = problems.flatMap(({ entrants }) => entrants).length * seeds.length;
  return trials.reduce((a, b) => a + b, 0) + runs;
}

/**
 * Runs what is missing of a study in the folder `root`: for every problem the searches first, then the runs that are compared. A
 * job whose summary is there is not run again; one that was cut off goes on from its checkpoint. False when cancelled.
 */
export async function runStudy(root: string, study: DeclaredStudy, hooks: StudyHooks): Promise<boolean> {
  const count = { done: 0, total: totalJobs(study) };
  const run = (jobs: readonly Job[], parallel = study.parallel) => runJobs(root, jobs, parallel, hooks, count);
  for (const problem of study.problems) {
    const trials = problem.entrants.flatMap((entrant) => tuningJobs(study, problem, entrant));
    const atOnce = problem.tuning === false ? 1 : Math.max(study.parallel, problem.tuning.parallel);
    if (!(await run(trials, atOnce))) return false;
    // Seed by seed: a study that is cut short has compared all optimizers.
    const finals = problem.entrants.map((entrant) => {
      const optimizer = chosenOptimizer(root, study, problem, entrant) ?? entrant.spec;
      return finalJobs(study, problem, entrant, optimizer);
    });
    if (!(await run(study.seeds.flatMap((_, i) => finals.map((jobs) => jobs[i]!))))) return false;
  }
  return true;
}

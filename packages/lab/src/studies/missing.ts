import type { ProblemResults, StudyResults } from './results.js';
import type { StudyProblem } from './study-file.js';

/** What is not finished of one optimizer on one problem. */
export interface Missing {
  readonly problem: string;
  readonly optimizer: string;
  /** Trials of the search; absent when nothing of the optimizer is finished and they were not counted. */
  readonly trials?: number;
  readonly seeds: readonly number[];
}

function missingOf(declared: StudyProblem, found: ProblemResults | undefined, seeds: readonly number[]): Missing[] {
  return declared.entrants.flatMap((entrant) => {
    const results = found?.entrants.find((e) => e.entrant === entrant);
    const common = { problem: declared.problem, optimizer: entrant.spec };
    if (!results) return [{ ...common, seeds }];
    const absent = seeds.filter((seed) => results.runs.every((run) => run.seed !== seed));
    const trials = (declared.tuning === false ? 0 : (entrant.tuned?.values.length ?? 0)) - results.trials.length;
    return absent.length > 0 || trials > 0 ? [{ ...common, trials, seeds: absent }] : [];
  });
}

/** The runs that a study still lacks; none when it is finished. */
export function missingRuns({ study, problems }: StudyResults): Missing[] {
  return study.problems.flatMap((declared) =>
    missingOf(
      declared,
      problems.find((p) => p.declared === declared),
      study.seeds,
    ),
  );
}

import { type Criterion, compareEntrants, type EntrantAnalysis, type ProblemAnalysis } from './analysis.js';
import { type Confidence, type Contrast, confidence } from './contrast.js';

/** The best optimizer against another one. */
export interface Standing {
  readonly entrant: EntrantAnalysis;
  readonly contrast: Contrast;
  /** That the best is better than this one. */
  readonly confidence: Confidence;
}

/** Who is best on a problem by a criterion, and how that stands against the others. */
export interface Verdict {
  readonly criterion: Criterion;
  /** Absent when nobody got that far. */
  readonly best?: EntrantAnalysis;
  /** The other optimizers, the better first. */
  readonly others: readonly Standing[];
  /** Runs end at the target, so that their last values say nothing more: how many optimizers got there in every seed. */
  readonly solvers?: number;
}

/** How an optimizer does by a criterion: runs that failed count first, the smaller the better. */
function rankOf({ judged }: ProblemAnalysis, entrant: EntrantAnalysis, criterion: Criterion): [number, number] {
  if (criterion !== 'final') return [0, entrant.aim.median[criterion] ?? Number.POSITIVE_INFINITY];
  const value = entrant.measures[judged.key]?.estimate;
  if (value === undefined) return [1, Number.POSITIVE_INFINITY];
  return [entrant.diverged / entrant.results.runs.length, judged.better === 'lower' ? value : -value];
}

/** Optimizers by a criterion, the best first. */
function ranked(problem: ProblemAnalysis, criterion: Criterion): EntrantAnalysis[] {
  const rank = problem.entrants.map((entrant) => ({ entrant, key: rankOf(problem, entrant, criterion) }));
  const order = (a: number, b: number): number => (a === b ? 0 : a - b);
  return rank.sort((a, b) => order(a.key[0], b.key[0]) || order(a.key[1], b.key[1])).map(({ entrant }) => entrant);
}

const solvedAlways = ({ results }: EntrantAnalysis): boolean =>
  results.runs.every(({ summary }) => summary.ending === 'solved');

/**
 * Who is best: by the judged measure at the end (an optimizer that diverged in more seeds comes after one that diverged in fewer), or by
 * the median cost of reaching the aim, which needs half of the runs to reach it.
 */
export function verdict(problem: ProblemAnalysis, criterion: Criterion): Verdict {
  const [best, ...rest] = ranked(problem, criterion);
  const failed = !best || !Number.isFinite(rankOf(problem, best, criterion)[1]);
  if (failed) return { criterion, others: [] };
  const others = rest.map((entrant): Standing => {
    const contrast = compareEntrants(problem, best, entrant, criterion);
    return { entrant, contrast, confidence: confidence(contrast) };
  });
  const solvers = problem.entrants.filter(solvedAlways).length;
  return { criterion, best, others, ...(criterion === 'final' && solvers > 0 && { solvers }) };
}

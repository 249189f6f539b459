import { compareEntrants, type EntrantAnalysis, type ProblemAnalysis } from '../../studies/analysis.js';
import { type Contrast, confidence } from '../../studies/contrast.js';
import { range, short } from './figures.js';
import { labelOf } from './series.js';

/** How an optimizer stands in seconds to the aim. */
export type Place = 'ahead' | 'behind' | 'open';

/** An optimizer against the reference. */
export interface AgainstReference {
  readonly entrant: EntrantAnalysis;
  /** Its seconds to the aim over those of the reference. */
  readonly time: Contrast;
  readonly place: Place;
}

/** What the others are compared with: the optimizer that the aim is of, without one the first of the list. */
export function referenceOf({ results, entrants }: ProblemAnalysis): EntrantAnalysis | undefined {
  const spec = results.declared.aim?.optimizer;
  return entrants.find((entrant) => entrant.results.entrant.spec === spec) ?? entrants[0];
}

/** The reference in a sentence: `tuned AdamW`. */
export function referenceName(problem: ProblemAnalysis): string {
  const reference = referenceOf(problem)!;
  return `${reference.results.entrant.tuned ? 'tuned ' : ''}${labelOf(problem, reference)}`;
}

/** All others against the reference; none where it has too few runs, or never got to the aim. */
export function againstReference(problem: ProblemAnalysis): AgainstReference[] {
  const reference = referenceOf(problem);
  if (!reference || reference.results.runs.length < 3 || reference.aim.reached === 0) return [];
  return problem.entrants
    .filter((entrant) => entrant !== reference)
    .map((entrant) => {
      const time = compareEntrants(problem, entrant, reference, 'seconds');
      const back = compareEntrants(problem, reference, entrant, 'seconds');
      const place = confidence(time) !== 'none' ? 'ahead' : confidence(back) !== 'none' ? 'behind' : 'open';
      return { entrant, time, place };
    });
}

/** How many times as fast as the reference an optimizer is at most, when none of its runs got to the aim in the whole budget. */
function bound(entrant: EntrantAnalysis, reference: EntrantAnalysis): number | undefined {
  if (entrant.results.runs.some(({ summary }) => summary.ending !== 'budget')) return undefined;
  const longest = Math.max(...reference.aim.observations.seconds.map(({ time }) => time));
  return longest / Math.min(...entrant.aim.observations.seconds.map(({ time }) => time));
}

/** `2.1 × [1.7 to 2.6]`, how many times as fast as the reference an optimizer gets to the aim; bold where that is sure. */
export function speedCell(problem: ProblemAnalysis, { entrant, time, place }: AgainstReference): string {
  const { reached, runs } = entrant.aim;
  if (reached === 0) {
    const limit = bound(entrant, referenceOf(problem)!);
    return limit === undefined ? 'not reached' : `< ${short(limit)} ×`;
  }
  const { interval } = time;
  if (reached < runs || !interval) return `${reached}/${runs} reached`;
  const ends = range({ estimate: 1 / interval.estimate, low: 1 / interval.high, high: 1 / interval.low });
  const text = `${short(1 / interval.estimate)} × [${ends}]`;
  return place === 'ahead' ? `**${text}**` : text;
}

import type { EntrantAnalysis, ProblemAnalysis } from '../../studies/analysis.js';
import { colourOf } from '../charts.js';

/** An optimizer's name, colour and dashes: the same in all charts of a study. */
export interface Series {
  readonly label: string;
  readonly colour: string;
  readonly dash: string;
}

const settingsIn = (spec: string): string => {
  const settings = spec.split(':').slice(1);
  return settings.length > 0 ? ` (${settings.join(', ')})` : '';
};

/** A run's title without the settings in it: those that a search found differ from problem to problem. */
function methodOf({ results, title }: EntrantAnalysis): string {
  const suffix = settingsIn(results.optimizer);
  return suffix !== '' && title.endsWith(suffix) ? title.slice(0, -suffix.length) : title;
}

/**
 * The name of an optimizer on a problem: its method, with as much as tells it from others of the same method there. A tuned one and one
 * as given are told apart by the latter's name, since the former is what other problems have.
 */
export function labelOf(problem: ProblemAnalysis, entrant: EntrantAnalysis): string {
  const method = methodOf(entrant);
  const same = problem.entrants.filter((other) => methodOf(other) === method);
  if (same.length === 1) return method;
  const { spec, tuned } = entrant.results.entrant;
  const alike = same.filter((other) => other.results.entrant.spec === spec);
  return `${method}${settingsIn(spec)}${alike.length > 1 && !tuned ? ', as given' : ''}`;
}

/** Six colours that everybody can tell apart, then the same with dashes. */
const colours = 6;
const dashes = ['none', '7 3', '2 3', '12 3 2 3', '1 6', '7 3 2 3 2 3'];

/** All optimizers of a study in the order of their first appearance. */
export function seriesOf(problems: readonly ProblemAnalysis[]): readonly Series[] {
  const labels = new Set(problems.flatMap((p) => p.entrants.map((entrant) => labelOf(p, entrant))));
  return [...labels].map((label, i) => ({
    label,
    colour: colourOf(i % colours),
    dash: dashes[Math.floor(i / colours) % dashes.length]!,
  }));
}

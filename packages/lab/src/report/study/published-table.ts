import { mean } from 'simple-statistics';
import { compareEntrants, type EntrantAnalysis, type ProblemAnalysis } from '../../studies/analysis.js';
import { shownMeasures } from '../charts.js';
import { megabytes } from '../format.js';
import { range, short } from './figures.js';
import { againstReference, referenceOf, speedCell } from './reference.js';
import { labelOf } from './series.js';
import { eventColumns, measureCell, settingsText } from './table.js';

const perSecond = ({ results }: EntrantAnalysis): string =>
  short(mean(results.runs.map(({ summary }) => summary.last.step / summary.last.seconds)));

/** Seconds of compiling before the clock started. */
function startUp({ results }: EntrantAnalysis): string {
  const seconds = results.runs.flatMap(({ summary }) => summary.warmup?.seconds ?? []);
  return seconds.length > 0 ? short(mean(seconds)) : '–';
}

function secondsCell({ aim }: EntrantAnalysis): string {
  const { median, observations, reached, runs } = aim;
  if (median.seconds === undefined) return `– (${reached}/${runs})`;
  const times = observations.seconds.filter(({ censored }) => !censored).map(({ time }) => time);
  const ends = { estimate: median.seconds, low: Math.min(...times), high: Math.max(...times) };
  return `${short(median.seconds)} [${range(ends)}]${reached < runs ? ` (${reached}/${runs})` : ''}`;
}

/** The last value over that of the reference, or less it. */
function lastCell(problem: ProblemAnalysis, entrant: EntrantAnalysis): string {
  const reference = referenceOf(problem);
  if (!reference || reference === entrant) return '–';
  const { kind, interval } = compareEntrants(problem, entrant, reference, 'final');
  if (!interval) return '–';
  const sign = kind === 'difference' && interval.estimate > 0 ? '+' : '';
  return `${kind === 'ratio' ? '× ' : sign}${short(interval.estimate)} [${range(interval)}]`;
}

/** The table of a problem for a page without space to spare: an optimizer a row, the first row the head. */
export function publishedRows(problem: ProblemAnalysis): readonly (readonly string[])[] {
  const measures = [...new Set([problem.judged, ...shownMeasures(problem.results.problem.measures)])];
  const against = againstReference(problem);
  const reference = referenceOf(problem);
  const speed = (entrant: EntrantAnalysis): string => {
    const found = against.find((other) => other.entrant === entrant);
    if (found) return speedCell(problem, found);
    return entrant === reference ? 'reference' : '–';
  };
  const columns: readonly (readonly [string, (entrant: EntrantAnalysis) => string])[] = [
    ['optimizer', (entrant) => labelOf(problem, entrant)],
    ['setting', settingsText],
    ...measures.map((measure) => [measure.title, (e: EntrantAnalysis) => measureCell(e, measure)] as const),
    [`last ${problem.judged.title} against the reference`, (entrant) => lastCell(problem, entrant)],
    ['s to the aim [all seeds]', secondsCell],
    ['times as fast', speed],
    ['steps/s', perSecond],
    ['compiling, s', startUp],
    ['peak memory', ({ peakMemory }) => megabytes(peakMemory)],
    ['search, s', ({ results, searchSeconds }) => (results.trials.length > 0 ? short(searchSeconds) : '–')],
    ['diverged', ({ diverged, results }) => `${diverged}/${results.runs.length}`],
    ...eventColumns(problem).map(({ head, cell }) => [head, cell] as const),
  ];
  return [
    columns.map(([head]) => head),
    ...problem.entrants.map((entrant) => columns.map(([, cell]) => cell(entrant))),
  ];
}

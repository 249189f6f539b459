import type { Measure } from '../../problems/problem.js';
import type { Axis, EntrantAnalysis, ProblemAnalysis } from '../../studies/analysis.js';
import { shownMeasures } from '../charts.js';
import { megabytes } from '../format.js';
import { range, short } from './figures.js';
import { labelOf } from './series.js';

interface Column {
  readonly head: string;
  cell(entrant: EntrantAnalysis): string;
}

/** What the search chose, or what it runs with. */
export function settingsText({ results }: EntrantAnalysis): string {
  const settings = results.optimizer.split(':').slice(1);
  const text = settings.length > 0 ? settings.join(', ') : 'defaults';
  return results.entrant.tuned ? text : `${text} (as given)`;
}

/** A measure at the end with its interval. */
export function measureCell({ measures }: EntrantAnalysis, { key }: Measure): string {
  const interval = measures[key];
  if (!interval) return '–';
  return Number.isFinite(interval.low) && Number.isFinite(interval.high)
    ? `${short(interval.estimate)} [${range(interval)}]`
    : short(interval.estimate);
}

const measureColumn = (measure: Measure): Column => ({
  head: measure.title,
  cell: (entrant) => measureCell(entrant, measure),
});

const medianColumn = (axis: Axis, head: string): Column => ({
  head,
  cell: ({ aim }) => (aim.median[axis] === undefined ? '–' : short(aim.median[axis])),
});

/** Only where something can be said of an optimizer: elsewhere columns of dashes would not help. */
function convergenceColumns({ entrants }: ProblemAnalysis): Column[] {
  if (entrants.every(({ convergence }) => !convergence)) return [];
  return [
    { head: 'order', cell: ({ convergence }) => (convergence ? convergence.order.toFixed(2) : '–') },
    { head: 'rate a step', cell: ({ convergence }) => (convergence ? short(convergence.rate) : '–') },
  ];
}

function generalisationColumn({ entrants }: ProblemAnalysis): Column[] {
  if (entrants.every(({ generalisation }) => !generalisation)) return [];
  const cell = ({ generalisation: gap }: EntrantAnalysis): string => {
    if (!gap) return '–';
    return Number.isFinite(gap.low) ? `${short(gap.estimate)} [${range(gap)}]` : short(gap.estimate);
  };
  return [{ head: 'test − train loss', cell }];
}

/** A share of steps: a dash where it is none, since most of these are. */
const shareText = (share: number): string => (share === 0 ? '–' : `${short(100 * share)} %`);

/** Only where some step was rejected, or because something was not finite. */
export function eventColumns({ entrants }: ProblemAnalysis): Column[] {
  return (['rejected', 'nonFinite'] as const)
    .filter((kind) => entrants.some(({ events }) => events && events[kind] > 0))
    .map((kind) => ({
      head: kind === 'rejected' ? 'rejected steps' : 'not finite',
      cell: ({ events }) => (events ? shareText(events[kind]) : '–'),
    }));
}

/** Whether two measures have the same cells for all optimizers. */
const alike = ({ entrants }: ProblemAnalysis, one: Measure, other: Measure): boolean =>
  entrants.every((entrant) => measureCell(entrant, one) === measureCell(entrant, other));

function columnsFor(problem: ProblemAnalysis): Column[] {
  const all = [...new Set([problem.judged, ...shownMeasures(problem.results.problem.measures)])];
  // Where the minimum is 0, f and f − minimum are the same.
  const measures = all.filter((m) => m === problem.judged || !alike(problem, m, problem.judged));
  return [
    { head: 'optimizer', cell: (entrant) => labelOf(problem, entrant) },
    { head: 'settings', cell: settingsText },
    ...measures.map(measureColumn),
    { head: 'reached', cell: ({ aim }) => `${aim.reached}/${aim.runs}` },
    medianColumn('seconds', 's to aim'),
    medianColumn('step', 'steps to aim'),
    medianColumn('gradientEquivalents', 'gradient eq. to aim'),
    ...convergenceColumns(problem),
    ...generalisationColumn(problem),
    { head: 'peak memory', cell: ({ peakMemory }) => megabytes(peakMemory) },
    {
      head: 'search s',
      cell: ({ results, searchSeconds }) => (results.trials.length > 0 ? short(searchSeconds) : '–'),
    },
    {
      head: '5 % width',
      cell: ({ sensitivity }) =>
        sensitivity ? `${sensitivity.open ? '≥ ' : ''}${short(sensitivity.decades)} decades` : '–',
    },
    { head: 'diverged', cell: ({ diverged, results }) => `${diverged}/${results.runs.length}` },
    ...eventColumns(problem),
  ];
}

/** The table of a problem, an optimizer a row; the first row is the head. */
export function problemRows(problem: ProblemAnalysis): readonly (readonly string[])[] {
  const columns = columnsFor(problem);
  return [
    columns.map(({ head }) => head),
    ...problem.entrants.map((entrant) => columns.map(({ cell }) => cell(entrant))),
  ];
}

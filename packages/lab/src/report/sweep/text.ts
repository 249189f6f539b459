import type { ConditionSweep, SweepFit, SweepPoint, SweepSeries } from '../../sweep/condition-sweep.js';
import { count } from '../format.js';
import { alignedText } from '../table.js';

type Cells = readonly (readonly string[])[];

/** What was measured, in a sentence. */
export function sweepCaption({ size, tolerance, seconds }: ConditionSweep): string {
  return (
    `iterations until f − f* ≤ ${tolerance}·(f₀ − f*) on f = ½·Σ λᵢ·xᵢ² with ${count(size)} eigenvalues evenly spaced in the ` +
    `logarithm from 1/κ to 1, every one with the same part of f₀; ${seconds.toFixed(1)} s`
  );
}

/** A condition number: `1e4` for powers of ten, `3.162e4` for others. */
export function conditionText(condition: number): string {
  const [digits, exponent] = condition.toExponential(3).split('e+');
  return `${Number(digits)}e${exponent}`;
}

function cell({ end, count: n }: SweepPoint): string {
  if (end === 'solved') return count(n);
  if (end === 'cap') return `> ${count(n)}`;
  return end === 'stopped' ? `stopped at ${count(n)}` : '–';
}

/** The name of a series, with what is counted where that is not steps. */
export function seriesName({ title, counted }: SweepSeries): string {
  return counted === 'steps' ? title : `${title}, ${counted}`;
}

/** A row a condition number, a column a method. */
export function countCells({ conditions, series }: ConditionSweep): Cells {
  return [
    ['κ', ...series.map(seriesName)],
    ...conditions.map((condition, i) => [conditionText(condition), ...series.map(({ points }) => cell(points[i]!))]),
  ];
}

const slopeText = ({ slope, low, high }: SweepFit): [string, string] => [
  slope.toFixed(3),
  `${low.toFixed(3)} … ${high.toFixed(3)}`,
];

/** A row a method: the fitted exponent beside that of the theory. */
export function slopeCells({ series }: ConditionSweep): Cells {
  const rows = series.map((s) => {
    const [slope, interval] = s.fit ? slopeText(s.fit) : ['–', '–'];
    const theory = s.theory ? `${s.theory.bound ? '≤ ' : ''}${s.theory.exponent}` : '–';
    return [
      seriesName(s),
      slope,
      interval,
      s.fit?.lastDecade?.toFixed(3) ?? '–',
      theory,
      String(s.fit?.points ?? 0),
      s.settings,
    ];
  });
  return [['exponent of κ', 'fitted', '95 % interval', 'last decade', 'theory', 'points', 'settings'], ...rows];
}

/** What has been left out, in a sentence; empty when nothing has. */
export function censoredSentence({ series, maxSteps }: ConditionSweep): string {
  const titles = series.filter(({ points }) => points.some(({ end }) => end === 'cap')).map(({ title }) => title);
  if (titles.length === 0) return '';
  return (
    `${titles.join(', ')} reached the cap of ${count(maxSteps)} steps (marked >): these runs are not in the fits, ` +
    'and harder ones were not made (–).'
  );
}

/** The sweep as text. */
export function sweepText(sweep: ConditionSweep): string {
  const parts = [
    sweepCaption(sweep),
    alignedText(countCells(sweep)),
    alignedText(slopeCells(sweep)),
    censoredSentence(sweep),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

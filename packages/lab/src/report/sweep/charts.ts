import * as Plot from '@observablehq/plot';
import type { ConditionSweep, SweepPoint, SweepSeries } from '../../sweep/condition-sweep.js';
import { colourOf } from '../charts.js';
import { count } from '../format.js';
import { plotSvg } from '../plot-svg.js';
import { logTicks } from '../study/log-ticks.js';
import { conditionText, seriesName } from './text.js';

/** The line of the theory's slope through the solved run of the largest condition number, where slopes are what theory says. */
function theoryLine({ points, theory }: SweepSeries, conditions: readonly number[]): [number, number][] {
  const last = points.findLast(({ end, count: n }) => end === 'solved' && n > 0);
  if (!theory || theory.bound || !last) return [];
  return conditions.map((k) => [k, last.count * (k / last.condition) ** theory.exponent]);
}

/** Where each name is written, as the logarithm of a count: at its last dot, but a line apart from the others. */
function labelHeights(sweep: ConditionSweep, perLine: number): (number | undefined)[] {
  const wanted = sweep.series.map(
    ({ points }) => points.findLast(({ end, count: n }) => end === 'solved' && n > 0)?.count,
  );
  const placed: (number | undefined)[] = wanted.map(() => undefined);
  let below = Number.NEGATIVE_INFINITY;
  const rising = wanted.flatMap((n, i) => (n === undefined ? [] : [{ i, y: Math.log10(n) }])).sort((a, b) => a.y - b.y);
  for (const { i, y } of rising) {
    below = Math.max(y, below + perLine);
    placed[i] = below;
  }
  return placed;
}

function marks(series: SweepSeries, i: number, label: number | undefined, sweep: ConditionSweep): Plot.Markish[] {
  const { conditions, maxSteps } = sweep;
  const [colour, name] = [colourOf(i), seriesName(series)];
  const shown = (end: SweepPoint['end']): readonly SweepPoint[] =>
    series.points.filter((p) => p.end === end && p.count > 0);
  const common = { x: 'condition', y: 'count', stroke: colour, ariaDescription: name };
  const title = (p: SweepPoint): string => `${name}\nκ = ${conditionText(p.condition)}: ${count(p.count)}`;
  // Beyond the cap the line of the theory would stretch the picture.
  const guide = theoryLine(series, conditions).filter(([, y]) => y <= 3 * maxSteps && y >= 1);
  const end = shown('cap').at(-1) ?? shown('solved').at(-1);
  const text = { text: () => name, fill: colour, textAnchor: 'start', dx: 10, fontWeight: 600 } as const;
  return [
    Plot.line(guide, { stroke: colour, strokeDasharray: '4 4', strokeOpacity: 0.6 }),
    Plot.line(shown('solved'), { ...common, strokeWidth: 2 }),
    // Rings of different width tell methods apart that take the same steps.
    Plot.dot(shown('solved'), { ...common, fill: colour, r: 2.5 + 0.35 * (sweep.series.length - i), title }),
    Plot.dot(shown('cap'), { ...common, symbol: 'triangle', r: 5, title }),
    ...(end && label !== undefined
      ? [Plot.text([[end.condition, end.end === 'cap' ? end.count : 10 ** label]], text)]
      : []),
  ];
}

/** Counts against the condition number, both logarithmic. */
export function sweepChart(sweep: ConditionSweep): string {
  const [height, marginTop, marginBottom] = [520, 24, 40];
  const most = Math.max(1, ...sweep.series.flatMap(({ points }) => points.map((p) => p.count)));
  const range = [0.7, 1.6 * most] as const;
  // 15 units of the drawing a line of text.
  const heights = labelHeights(sweep, (15 * Math.log10(range[1] / range[0])) / (height - marginTop - marginBottom));
  const { conditions } = sweep;
  return plotSvg('Iterations against the condition number', {
    ...{ width: 960, height, marginTop, marginBottom, marginLeft: 80, marginRight: 185 },
    x: {
      type: 'log',
      domain: [conditions[0]!, conditions.at(-1)!],
      label: 'condition number κ',
      grid: true,
      ticks: logTicks(conditions[0]!, conditions.at(-1)!),
      tickFormat: conditionText,
    },
    y: { type: 'log', domain: range, label: 'iterations', grid: true, ticks: logTicks(...range), tickFormat: count },
    marks: sweep.series.flatMap((series, i) => marks(series, i, heights[i], sweep)),
  });
}

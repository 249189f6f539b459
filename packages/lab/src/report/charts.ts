import * as Plot from '@observablehq/plot';
import type { Measure } from '../problems/problem.js';
import type { Point, Result } from '../study.js';
import { figure } from './format.js';
import { plotSvg } from './plot-svg.js';

/** Okabe and Ito's palette: told apart by people with any colour vision. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

/** The colour of the i-th contestant. */
export function colourOf(i: number): string {
  return palette[i % palette.length]!;
}

type Axis = 'step' | 'gradientEquivalents' | 'seconds';

export interface ChartSpec {
  readonly title: string;
  readonly x: Axis;
  readonly xLabel: string;
  readonly measure: Measure;
  /** Steps differ by orders of magnitude between methods; they are shown on a logarithmic axis from 1. */
  readonly logarithmic?: boolean;
}

const axes: readonly Pick<ChartSpec, 'x' | 'xLabel' | 'title' | 'logarithmic'>[] = [
  { x: 'step', xLabel: 'iterations', title: 'against iterations', logarithmic: true },
  { x: 'gradientEquivalents', xLabel: 'gradient equivalents', title: 'against gradient equivalents' },
  { x: 'seconds', xLabel: 'seconds', title: 'against seconds' },
];

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;

/** The charts of a comparison: what is minimised and what is judged by, each against iterations, work and time. */
export function chartsFor(measures: readonly Measure[]): readonly ChartSpec[] {
  return shownMeasures(measures).flatMap((measure) =>
    axes.map((axis) => ({ ...axis, title: `${capital(measure.title)} ${axis.title}`, measure })),
  );
}

/** The first measure, what is minimised, and the last, which says how good the result is. */
export function shownMeasures(measures: readonly Measure[]): readonly Measure[] {
  return measures.filter((_, i) => i === 0 || i === measures.length - 1);
}

interface Shown extends Point {
  readonly y: number;
}

/** Logarithmic axes have no room for what is not positive, and none for a point at step 0. */
function shown(points: readonly Point[], { x, measure, logarithmic }: ChartSpec): Shown[] {
  return points.flatMap((p) => {
    const y = p.values[measure.key];
    const fits = typeof y === 'number' && (y > 0 || !measure.logarithmic) && (!logarithmic || p[x] > 0);
    return fits ? [{ ...p, y }] : [];
  });
}

function marks(result: Result, i: number, spec: ChartSpec): Plot.Markish[] {
  const points = shown(result.points, spec);
  const { title } = result.summary;
  const common = { x: spec.x, y: 'y', stroke: colourOf(i), ariaDescription: title };
  const label = (p: Shown): string =>
    `${title}\n${spec.measure.title} ${figure(p.y)}\n${spec.xLabel} ${figure(p[spec.x])}`;
  const dots = Plot.dot(points, { ...common, fill: colourOf(i), r: 1.8, title: label });
  return [Plot.lineY(points, { ...common, strokeWidth: 2 }), dots];
}

/** A chart as an SVG element in text. */
export function chartSvg(spec: ChartSpec, results: readonly Result[]): string {
  return plotSvg(spec.title, {
    width: 460,
    height: 300,
    x: { label: spec.xLabel, type: spec.logarithmic ? 'log' : 'linear', grid: true, tickFormat: '~s', ticks: 5 },
    y: {
      label: spec.measure.title,
      type: spec.measure.logarithmic ? 'log' : 'linear',
      grid: true,
      tickFormat: '~g',
      ticks: 5,
    },
    marks: results.flatMap((result, i) => marks(result, i, spec)),
  });
}

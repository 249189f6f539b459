import * as Plot from '@observablehq/plot';
import type { Measure } from '../problems/problem.js';
import type { Point, Result } from '../study.js';
import { axisScale } from './axis-scale.js';
import { figure } from './format.js';
import { plotSvg } from './plot-svg.js';

/** Okabe and Ito's palette: told apart by people with any colour vision. Its black is the colour of the text, which shows on dark pages too. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', 'currentColor'];

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
}

const axes: readonly Pick<ChartSpec, 'x' | 'xLabel' | 'title'>[] = [
  { x: 'step', xLabel: 'iterations', title: 'against iterations' },
  { x: 'gradientEquivalents', xLabel: 'gradient equivalents', title: 'against gradient equivalents' },
  { x: 'seconds', xLabel: 'seconds', title: 'against seconds' },
];

/** A capital for a word, not for a symbol: `f` is not `F`. */
export const capital = (text: string): string => text.replace(/^[a-z](?=[a-z])/, (c) => c.toUpperCase());

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

/** Runs whose costs differ by more than this are told apart on a logarithmic axis only. */
const widest = 10;

/** Steps differ by orders of magnitude between methods; other costs only where runs end early. */
function isLogarithmic({ x }: ChartSpec, results: readonly Result[]): boolean {
  const ends = results.map(({ points }) => points.at(-1)?.[x] ?? 0).filter((end) => end > 0);
  return x === 'step' || Math.max(...ends) > widest * Math.min(...ends);
}

/** Logarithmic axes have no room for what is not positive, and none for a point at step 0. */
function shown(points: readonly Point[], { x, measure }: ChartSpec, logarithmic: boolean): Shown[] {
  return points.flatMap((p) => {
    const y = p.values[measure.key];
    const fits = typeof y === 'number' && (y > 0 || !measure.logarithmic) && (!logarithmic || p[x] > 0);
    return fits ? [{ ...p, y }] : [];
  });
}

function marks(result: Result, points: readonly Shown[], i: number, spec: ChartSpec): Plot.Markish[] {
  const { title } = result.summary;
  const common = { x: spec.x, y: 'y', stroke: colourOf(i), ariaDescription: title };
  const label = (p: Shown): string =>
    `${title}\n${spec.measure.title} ${figure(p.y)}\n${spec.xLabel} ${figure(p[spec.x])}`;
  const dots = Plot.dot(points, { ...common, fill: colourOf(i), r: 1.8, title: label });
  return [Plot.lineY(points, { ...common, strokeWidth: 2 }), dots];
}

/** A chart as an SVG element in text. */
export function chartSvg(spec: ChartSpec, results: readonly Result[]): string {
  const { measure, x, xLabel, title } = spec;
  const logarithmic = isLogarithmic(spec, results);
  const curves = results.map(({ points }) => shown(points, spec, logarithmic));
  const all = curves.flat();
  return plotSvg(title, {
    width: 460,
    height: 300,
    x: axisScale(
      xLabel,
      logarithmic,
      all.map((p) => p[x]),
    ),
    y: axisScale(
      measure.title,
      measure.logarithmic,
      all.map(({ y }) => y),
    ),
    marks: results.flatMap((result, i) => marks(result, curves[i]!, i, spec)),
  });
}

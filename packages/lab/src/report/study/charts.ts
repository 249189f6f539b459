import * as Plot from '@observablehq/plot';
import type { Measure } from '../../problems/problem.js';
import {
  type Axis,
  axes,
  type EntrantAnalysis,
  type ProblemAnalysis,
  type StudyAnalysis,
} from '../../studies/analysis.js';
import { axisScale } from '../axis-scale.js';
import { capital, shownMeasures } from '../charts.js';
import { plotSvg } from '../plot-svg.js';
import { type CurvePoint, curveOf, smoothed } from './curves.js';
import { costNames, range, short } from './figures.js';
import { labelOf, type Series } from './series.js';

/** A chart with what is written above it. */
export interface Chart {
  readonly caption: string;
  /** The same on a logarithmic and on a linear horizontal axis, where both make sense. */
  readonly svg: { readonly logarithmic: string; readonly linear?: string };
}

const size = { width: 460, height: 300 };

/** Charts in files stand alone, and nothing can be pointed at. */
const sizeAlone = { width: 760, height: 420 };

/** Every so many points of a curve can be pointed at. */
const hoverStride = 4;

const seriesNamed = (series: readonly Series[], label: string): Series => series.find((s) => s.label === label)!;

/** Coordinates to a tenth of a unit: the page is a third as large and looks the same. */
function rounded(svg: string): string {
  const short = (text: string): string =>
    text.replace(/\d+\.\d{2,}/g, (digits) => String(Number(Number(digits).toFixed(1))));
  return svg.replace(/ (?:d|transform|[cxy][xy12]?)="[^"]*"/g, short);
}

interface Line {
  readonly series: Series;
  readonly curve: readonly CurvePoint[];
}

function curveMarks({ series, curve }: Line, measure: Measure, axis: Axis, alone: boolean): Plot.Markish[] {
  const { label, colour, dash } = series;
  const common = { x: 'x', y: 'y', stroke: colour, ariaDescription: label, clip: true } as const;
  const line = { ...common, strokeWidth: 2, strokeDasharray: dash };
  const several = curve.some(({ seeds }) => seeds > 1);
  const hint = ({ x, y, low, high, seeds }: CurvePoint): string =>
    `${label}\n${measure.title} ${short(y)}${seeds > 1 ? ` (${range({ estimate: y, low, high })}, ${seeds} seeds)` : ''}\n` +
    `${costNames[axis]} ${short(x)}`;
  return [
    ...(several
      ? [
          Plot.areaY(curve, {
            x: 'x',
            y1: 'low',
            y2: 'high',
            fill: colour,
            fillOpacity: 0.15,
            ariaDescription: label,
            clip: true,
          }),
        ]
      : []),
    Plot.lineY(curve, line),
    ...(alone
      ? []
      : [
          // What screen readers skip is what the button for smoothing shows instead.
          Plot.lineY(smoothed(curve, measure), { ...line, ariaHidden: 'true' }),
          Plot.dot(
            curve.filter((_, i) => i % hoverStride === 0 || i === curve.length - 1),
            { ...common, fill: colour, fillOpacity: 0, strokeOpacity: 0, r: 4, title: hint },
          ),
        ]),
  ];
}

/** The part of the vertical axis worth showing: what blows up is cut off above where all began. */
function domain(lines: readonly Line[], { better, logarithmic }: Measure): [number, number] | undefined {
  const points = lines.flatMap(({ curve }) => curve);
  const [low, high] = [Math.min(...points.map((p) => p.low)), Math.max(...points.map((p) => p.high))];
  if (better === 'higher' || points.length === 0 || low === high) return undefined;
  const starts = lines.flatMap(({ curve }) => curve.slice(0, 1).map((p) => p.high)).sort((a, b) => a - b);
  const start = starts[Math.floor(starts.length / 2)]!;
  const roof = logarithmic ? start * 3 : start + (start - low);
  return roof > low ? [low, Math.min(high, roof)] : undefined;
}

interface CurveChart {
  readonly measure: Measure;
  readonly axis: Axis;
  readonly logX: boolean;
  readonly alone: boolean;
}

function curveSvg(
  problem: ProblemAnalysis,
  series: readonly Series[],
  { measure, axis, logX, alone }: CurveChart,
): string {
  const lines = problem.entrants.map((entrant) => ({
    series: seriesNamed(series, labelOf(problem, entrant)),
    curve: curveOf(entrant.results.runs, axis, measure, logX),
  }));
  const shown = domain(lines, measure);
  const points = lines.flatMap(({ curve }) => curve);
  const { aim } = problem;
  const marked = measure === aim.measure && Number.isFinite(aim.value);
  return rounded(
    plotSvg(`${measure.title} against ${costNames[axis]}`, {
      ...(alone ? sizeAlone : size),
      x: axisScale(
        costNames[axis],
        logX,
        points.map(({ x }) => x),
      ),
      y: {
        ...axisScale(measure.title, measure.logarithmic, shown ?? points.flatMap(({ low, high }) => [low, high])),
        ...(shown && { domain: shown }),
      },
      marks: [
        ...lines.flatMap((line) => curveMarks(line, measure, axis, alone)),
        ...(marked ? [Plot.ruleY([aim.value], { strokeDasharray: '1 3', clip: true, title: () => 'the aim' })] : []),
      ],
    }),
  );
}

/** What is minimised and what is judged by, each against every cost: lines are means over seeds, bands go from the least to the largest. */
export function curveCharts(problem: ProblemAnalysis, series: readonly Series[]): Chart[] {
  const measures = [...new Set([problem.judged, ...shownMeasures(problem.results.problem.measures)])];
  return measures.flatMap((measure) =>
    axes.map((axis) => ({
      caption: `${capital(measure.title)} against ${costNames[axis]}`,
      svg: {
        logarithmic: curveSvg(problem, series, { measure, axis, logX: true, alone: false }),
        linear: curveSvg(problem, series, { measure, axis, logX: false, alone: false }),
      },
    })),
  );
}

/** A measure against seconds for a file of its own; linear in seconds for models, whose runs have much the same length. */
export function secondsFigure(problem: ProblemAnalysis, series: readonly Series[], measure: Measure): string {
  const logX = problem.results.problem.kind !== 'supervised';
  return curveSvg(problem, series, { measure, axis: 'seconds', logX, alone: true });
}

interface Trial {
  readonly value: number;
  readonly y: number;
}

/** What a search looks at: what is minimised. */
const searchedBy = ({ results }: ProblemAnalysis): Measure => results.problem.measures[0]!;

/** A trial that ended well above where it began has diverged for a reader of its chart. */
function charted({ results }: EntrantAnalysis, { key }: Measure): Trial[] {
  return results.trials.map(({ value, score, points }) => {
    const start = points[0]?.values[key] ?? Number.POSITIVE_INFINITY;
    return { value, y: score > 3 * start ? Number.POSITIVE_INFINITY : score };
  });
}

function trialMarks(
  problem: ProblemAnalysis,
  series: readonly Series[],
  setting: string,
  worst: number,
): Plot.Markish[] {
  const searched = searchedBy(problem);
  return problem.entrants.flatMap((entrant) => {
    const { results, sensitivity } = entrant;
    if (results.entrant.tuned?.setting !== setting) return [];
    const { label, colour, dash } = seriesNamed(series, labelOf(problem, entrant));
    const trials = charted(entrant, searched);
    const finite = trials.filter(({ y }) => Number.isFinite(y) && (!searched.logarithmic || y > 0));
    const best = finite.find(({ value }) => value === sensitivity?.best.value);
    const common = { x: 'value', stroke: colour, ariaDescription: label };
    const hint = ({ value, y }: Trial): string => `${label}\n${setting} ${short(value)}\n${searched.title} ${short(y)}`;
    return [
      ...(best && sensitivity
        ? [
            Plot.link([best], {
              ...{ x1: sensitivity.low, x2: sensitivity.high, y: 'y', stroke: colour, ariaDescription: label },
              ...{ strokeWidth: 9, strokeOpacity: 0.3, strokeLinecap: 'butt' },
            }),
          ]
        : []),
      Plot.lineY(finite, { ...common, y: 'y', strokeWidth: 2, strokeDasharray: dash }),
      Plot.dot(finite, { ...common, y: 'y', fill: colour, r: 3, title: hint }),
      Plot.dot(
        trials.filter(({ y }) => !Number.isFinite(y)),
        {
          ...{ ...common, y: () => worst, symbol: 'times', r: 4, strokeWidth: 2 },
          title: ({ value }: Trial) => `${label}\n${setting} ${short(value)}\ndiverged`,
        },
      ),
    ];
  });
}

/** What the searches found, one chart for each setting that was searched over. */
export function sensitivityCharts(problem: ProblemAnalysis, series: readonly Series[]): Chart[] {
  const { entrants } = problem;
  const measure = searchedBy(problem);
  const settings = [...new Set(entrants.flatMap(({ results }) => results.entrant.tuned?.setting ?? []))];
  return settings.flatMap((setting) => {
    const searched = entrants.filter(({ results }) => results.entrant.tuned?.setting === setting);
    const ends = searched
      .flatMap((entrant) => charted(entrant, measure).map(({ y }) => y))
      .filter((v) => Number.isFinite(v) && (!measure.logarithmic || v > 0));
    if (ends.length === 0) return [];
    const logarithmic = rounded(
      plotSvg(`${measure.title} against ${setting}`, {
        ...size,
        x: axisScale(
          setting,
          true,
          searched.flatMap(({ results }) => results.trials.map(({ value }) => value)),
        ),
        y: axisScale(measure.title, measure.logarithmic, ends),
        marks: trialMarks(problem, series, setting, Math.max(...ends)),
      }),
    );
    return [{ caption: `${capital(measure.title)} after a trial, against ${setting}`, svg: { logarithmic } }];
  });
}

/** The first series of a method: profiles do not tell variants of it apart. */
function seriesOfMethod(analysis: StudyAnalysis, series: readonly Series[], name: string): Series {
  for (const problem of analysis.problems) {
    const entrant = problem.entrants.find(({ results }) => results.entrant.spec.split(':')[0] === name);
    if (entrant) return seriesNamed(series, labelOf(problem, entrant));
  }
  throw new RangeError(`no optimizer is named "${name}"`);
}

/** Dolan and Moré's performance profiles over all problems, one chart a cost. */
export function profileCharts(analysis: StudyAnalysis, series: readonly Series[]): Chart[] {
  return axes.map((axis) => {
    const profiles = Object.entries(analysis.profiles[axis]);
    const ratios = profiles.flatMap(([, steps]) => steps.map(({ ratio }) => ratio));
    const last = 1.3 * Math.max(2, ...ratios);
    const marks = profiles.flatMap(([name, steps]): Plot.Markish[] => {
      const { label, colour, dash } = seriesOfMethod(analysis, series, name);
      const common = { x: 'ratio', y: 'share', stroke: colour, ariaDescription: label };
      const line = [
        ...(steps[0]?.ratio === 1 ? [] : [{ ratio: 1, share: 0 }]),
        ...steps,
        { ratio: last, share: steps.at(-1)?.share ?? 0 },
      ];
      return [
        Plot.line(line, { ...common, curve: 'step-after', strokeWidth: 2, strokeDasharray: dash }),
        Plot.dot(steps, {
          ...{ ...common, fill: colour, r: 2.5 },
          title: ({ ratio, share }: { ratio: number; share: number }) =>
            `${label}\n${Math.round(100 * share)} % of the problems\nwithin ${short(ratio)} times the least ${costNames[axis]}`,
        }),
      ];
    });
    const logarithmic = rounded(
      plotSvg(`performance profile in ${costNames[axis]}`, {
        ...size,
        x: { ...axisScale('times the least cost', true, [1, last]), domain: [1, last] },
        y: { label: 'share of problems', domain: [0, 1], grid: true, percent: false, tickFormat: '.0%', ticks: 5 },
        marks,
      }),
    );
    return { caption: `Performance profile in ${costNames[axis]}`, svg: { logarithmic } };
  });
}

import * as Plot from '@observablehq/plot';
import type { LandscapeData } from '../../landscape.js';
import { colourOf } from '../charts.js';
import { figure } from '../format.js';
import { legendItem } from '../page.js';
import { plotSvg } from '../plot-svg.js';
import { levelsOf, shade } from './scale.js';

export const lossColour = colourOf(0);
export const modelColour = colourOf(1);
const pathColour = '#000';

interface Frame {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly width: number;
  readonly height: number;
}

/** Grid values lie at the centres of the cells that Plot contours. */
function frameOf([xs, ys]: LandscapeData['axes']): Frame {
  const half = (axis: readonly number[]): number => (axis[1]! - axis[0]!) / 2;
  const [h, v] = [half(xs!), half(ys!)];
  const [width, height] = [xs!.length, ys!.length];
  return { x1: xs![0]! - h, x2: xs!.at(-1)! + h, y1: ys![0]! - v, y2: ys!.at(-1)! + v, width, height };
}

function pathMarks({ path, axes }: LandscapeData): Plot.Markish[] {
  if (path === null) return [];
  const inside = (c: readonly number[]): boolean => axes.every((axis, k) => c[k]! >= axis[0]! && c[k]! <= axis.at(-1)!);
  const dots = path.coordinates.map((c, i) => ({ c, name: path.names[i]! })).filter(({ c }) => inside(c));
  const at = { x: (d: (typeof dots)[number]) => d.c[0], y: (d: (typeof dots)[number]) => d.c[1] };
  return [
    Plot.line(dots, { ...at, stroke: '#fff', strokeWidth: 4 }),
    Plot.line(dots, { ...at, stroke: pathColour, strokeWidth: 1.8 }),
    Plot.dot(dots, { ...at, fill: pathColour, stroke: '#fff', r: 4, title: (d) => d.name }),
  ];
}

function circle(radius: number): { x: number; y: number }[] {
  return Array.from({ length: 121 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 120;
    return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
  });
}

/** The loss over the plane as filled contours, those of the quadratic model as dashed lines, the trusted circle and the path. */
export function contourChart(data: LandscapeData): string {
  const levels = levelsOf(data);
  const [, ...colours] = Array.from({ length: levels.length + 2 }, (_, i) => shade(i / (levels.length + 1)));
  const frame = frameOf(data.axes);
  const { trust, lowest, directions } = data;
  const common = { ...frame, thresholds: levels };
  const spread = (axis: readonly number[]): [number, number] => [axis[0]!, axis.at(-1)!];
  return plotSvg('contours of the loss', {
    width: 640,
    height: 600,
    x: { label: directions[0]!.name, domain: spread(data.axes[0]!) },
    y: { label: directions[1]!.name, domain: spread(data.axes[1]!) },
    color: { type: 'threshold', domain: levels.slice(1), range: colours.slice(0, levels.length) },
    marks: [
      Plot.frame({ fill: shade(0), stroke: 'none' }),
      Plot.contour(
        data.losses.map((v) => v ?? Number.NaN),
        { ...common, fill: Plot.identity, stroke: '#fff', strokeOpacity: 0.35, clip: true } as Plot.ContourOptions,
      ),
      Plot.contour(data.modelled, {
        ...common,
        fill: 'none',
        stroke: modelColour,
        strokeWidth: 1.3,
        strokeDasharray: '5 3',
        clip: true,
      } as Plot.ContourOptions),
      ...(trust.radius > 0 && !trust.wholeGrid
        ? [Plot.line(circle(trust.radius), { x: 'x', y: 'y', stroke: '#fff', strokeWidth: 2, clip: true })]
        : []),
      ...pathMarks(data),
      Plot.dot([[0, 0]], { symbol: 'plus', stroke: '#fff', strokeWidth: 2.5, r: 7, title: () => 'here' }),
      ...(lowest ? [Plot.dot([lowest.coordinates], { symbol: 'star', fill: '#fff', stroke: '#000', r: 6 })] : []),
    ],
  });
}

export interface Slice {
  readonly title: string;
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly loss: number | null; readonly model: number }[];
}

const nearestZero = (axis: readonly number[]): number =>
  axis.reduce((best, c, i) => (Math.abs(c) < Math.abs(axis[best]!) ? i : best), 0);

/** The line itself, or the two lines of a plane through the grid point nearest to its centre. */
export function slicesOf({ axes, losses, modelled, directions }: LandscapeData): Slice[] {
  const [xs, ys] = axes as [readonly number[], readonly number[] | undefined];
  const slice = (k: number, axis: readonly number[], index: (i: number) => number): Slice => ({
    title: directions[k]!.name,
    label: `coordinate along ${directions[k]!.name}`,
    points: axis.map((x, i) => ({ x, loss: losses[index(i)]!, model: modelled[index(i)]! })),
  });
  if (ys === undefined) return [slice(0, xs, (i) => i)];
  const [column, row] = [nearestZero(xs), nearestZero(ys)];
  return [slice(0, xs, (i) => row * xs.length + i), slice(1, ys, (j) => j * xs.length + column)];
}

/** Loss and quadratic model along a line, with the trusted part shaded. */
export function sliceChart({ label, points }: Slice, { trust }: LandscapeData, height = 300): string {
  const finite = points.flatMap(({ loss }) => (loss === null ? [] : [loss]));
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const room = 0.12 * (high - low || 1);
  const { radius } = trust;
  return plotSvg(`loss along ${label}`, {
    height,
    x: { label, grid: true },
    y: { label: 'loss', grid: true, domain: [low - room, high + room] },
    marks: [
      Plot.rect([{ x1: Math.max(-radius, points[0]!.x), x2: Math.min(radius, points.at(-1)!.x) }], {
        x1: 'x1',
        x2: 'x2',
        y1: low - room,
        y2: high + room,
        fill: lossColour,
        fillOpacity: 0.08,
      }),
      Plot.ruleX([0], { strokeOpacity: 0.4 }),
      Plot.line(points, { x: 'x', y: (d) => d.loss ?? Number.NaN, stroke: lossColour, strokeWidth: 2.2 }),
      Plot.line(points, {
        x: 'x',
        y: 'model',
        stroke: modelColour,
        strokeWidth: 1.8,
        strokeDasharray: '5 3',
        clip: true,
      }),
    ],
  });
}

/** Level and colour of every contour, for the legend. */
export function contourKey(data: LandscapeData): string {
  const levels = levelsOf(data);
  const shown = levels.filter((_, i) => i % 3 === 0);
  return shown
    .map((level) => {
      const at = (levels.indexOf(level) + 1) / (levels.length + 1);
      return legendItem(shade(at), figure(level));
    })
    .join('\n');
}

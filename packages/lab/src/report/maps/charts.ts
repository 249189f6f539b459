import * as Plot from '@observablehq/plot';
import type { BasinMap, Ending, EndKind, OptimizerMap } from '../../maps/basin-map.js';
import { plotSvg } from '../plot-svg.js';
import { endingColours, shades } from './colours.js';
import { encodePng } from './png.js';
import { endingName } from './text.js';

/**
 * Steps that are shown lightest and darkest: nearly all of the runs that ended at a point. Those that went away, which are few or many
 * steps by what counts as away, have a part in it only where no run ended at one.
 */
export function shadeRange({ endings }: BasinMap, { ends, steps }: OptimizerMap): readonly [number, number] {
  const of = (wanted: (ending: Ending) => boolean): number[] =>
    steps.filter((_, i) => wanted(endings[ends[i]!]!)).sort((a, b) => a - b);
  const atPoints = of(({ point }) => point !== undefined);
  const shown = atPoints.length > 0 ? atPoints : of(({ kind }) => !isPlain(kind));
  if (shown.length === 0) return [0, 0];
  return [shown[0]!, shown[Math.floor(0.98 * (shown.length - 1))]!];
}

/** Runs that did not end by themselves have no iterations to tell of. */
const isPlain = (kind: EndKind): boolean => kind === 'unfinished';

/** The pixels of a map: hue by ending, shade by the logarithm of the steps. */
export function mapPixels(map: BasinMap, one: OptimizerMap): Uint8Array {
  const { grid, endings } = map;
  const colours = endingColours(endings).map(shades);
  const [low, high] = shadeRange(map, one).map((s) => Math.log(s + 1)) as [number, number];
  const rgb = new Uint8Array(3 * grid * grid);
  one.ends.forEach((end, i) => {
    const share = (Math.log(one.steps[i]! + 1) - low) / Math.max(1e-9, high - low);
    const row = grid - 1 - Math.floor(i / grid);
    rgb.set(colours[end]!(isPlain(endings[end]!.kind) ? 0.5 : share), 3 * (row * grid + (i % grid)));
  });
  return rgb;
}

/** Each pixel of a small map as a square of several, since viewers of SVG smooth what they enlarge. */
function enlarged(rgb: Uint8Array, grid: number, factor: number): Uint8Array {
  const side = grid * factor;
  const out = new Uint8Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = 3 * (Math.floor(y / factor) * grid + Math.floor(x / factor));
      out.set(rgb.subarray(from, from + 3), 3 * (y * side + x));
    }
  }
  return out;
}

/** A PNG as an address that a page can hold. */
function pngAddress(map: BasinMap, one: OptimizerMap): string {
  const factor = Math.max(1, Math.ceil(360 / map.grid));
  const side = map.grid * factor;
  const png = encodePng(side, side, enlarged(mapPixels(map, one), map.grid, factor));
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

const symbols: Partial<Record<EndKind, 'star' | 'times' | 'triangle' | 'diamond'>> = {
  minimum: 'star',
  saddle: 'times',
  maximum: 'triangle',
  degenerate: 'diamond',
};

/** Inner size of a map in units of its SVG. */
const inner = 380;

/** One optimizer's map with axes and the stationary points in the window. */
export function mapChart(map: BasinMap, one: OptimizerMap): string {
  const [x0, x1, y0, y1] = map.window;
  const points = map.endings.flatMap(({ kind, point }) => {
    if (!point || point.x[0] < x0 || point.x[0] > x1 || point.x[1] < y0 || point.x[1] > y1) return [];
    return [{ x: point.x[0], y: point.x[1], symbol: symbols[kind]!, name: endingName({ kind, point }) }];
  });
  const marks = (['star', 'times', 'triangle', 'diamond'] as const).map((symbol) =>
    Plot.dot(
      points.filter((p) => p.symbol === symbol),
      {
        ...{ x: 'x', y: 'y', symbol, r: symbol === 'star' ? 5 : 4, title: 'name' },
        ...(symbol === 'times' ? { stroke: '#fff', strokeWidth: 2 } : { fill: '#fff', stroke: '#111', strokeWidth: 1 }),
      },
    ),
  );
  const margins = { marginLeft: 44, marginRight: 12, marginTop: 22, marginBottom: 36 };
  return plotSvg(`${one.title} on ${map.title}: where each start ends`, {
    ...margins,
    width: inner + margins.marginLeft + margins.marginRight,
    height: inner + margins.marginTop + margins.marginBottom,
    x: { domain: [x0, x1], label: 'x', ticks: 6 },
    y: { domain: [y0, y1], label: 'y', ticks: 6 },
    marks: [
      Plot.image([0], {
        x: () => (x0 + x1) / 2,
        y: () => (y0 + y1) / 2,
        ...{ width: inner, height: inner, preserveAspectRatio: 'none', imageRendering: 'pixelated' },
        src: () => pngAddress(map, one),
      }),
      Plot.frame({ stroke: 'currentColor', strokeOpacity: 0.5 }),
      ...marks,
    ],
  });
}

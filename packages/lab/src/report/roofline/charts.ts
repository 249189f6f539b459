import * as Plot from '@observablehq/plot';
import { type Kernel, type Machine, type Roofline, rateOf, roofAt } from '../../roofline/roofline.js';
import { colourOf } from '../charts.js';
import { figure } from '../format.js';
import { plotSvg } from '../plot-svg.js';
import { logTicks, tickText } from '../study/log-ticks.js';
import { intensityOf, machineOf } from './text.js';

interface Dot {
  readonly kernel: Kernel;
  readonly colour: string;
  readonly x: number;
  /** Operations a byte of inputs and outputs alone. */
  readonly most: number;
  readonly y: number;
}

/** The programs' names, in the order of their colours. */
export function kernelNames({ kernels }: Roofline): readonly string[] {
  return [...new Set(kernels.filter(({ bytes }) => bytes !== undefined).map(({ name }) => name))];
}

function dotsOf(roofline: Roofline): Dot[] {
  const names = kernelNames(roofline);
  return roofline.kernels.flatMap((kernel): Dot[] => {
    const x = intensityOf(kernel);
    if (x === undefined) return [];
    const most = kernel.flops / kernel.compulsory!;
    return [{ kernel, colour: colourOf(names.indexOf(kernel.name)), x, most, y: rateOf(kernel) / 1e9 }];
  });
}

/** How many machines come before each one, the largest first: the text of the first is above its line, that of others below theirs. */
function ranks(machines: readonly Machine[], of: (machine: Machine) => number): ReadonlyMap<Machine, number> {
  return new Map([...machines].sort((a, b) => of(b) - of(a)).map((machine, i) => [machine, i]));
}

interface RoofStyle {
  readonly dashed: boolean;
  /** Ranks among the machines, by peak and by bandwidth. */
  readonly peakRank: number;
  readonly bandwidthRank: number;
}

function roof(machine: Machine, [low, high]: readonly [number, number], style: RoofStyle): Plot.Markish[] {
  const { dashed, peakRank, bandwidthRank } = style;
  const below = bandwidthRank > 0;
  const ridge = machine.peak / machine.bandwidth;
  const line = [low, ridge, high].map((x) => [x, roofAt(machine, x) / 1e9] as [number, number]);
  const label = `${machine.threads === 1 ? '1 thread' : `${machine.threads} threads`}: ${figure(machine.peak / 1e9)} GFLOP/s`;
  const memory = `${figure(machine.bandwidth / 1e9)} GB/s`;
  const middle = Math.sqrt(low * Math.min(ridge, high));
  const slanted: [number, number] = [middle, roofAt(machine, middle) / 1e9];
  return [
    Plot.line(line, { stroke: 'currentColor', strokeWidth: 2, ...(dashed && { strokeDasharray: '6 4' }) }),
    Plot.text([[high, machine.peak / 1e9]], {
      ...{ text: () => label, textAnchor: 'end', fontWeight: 600 },
      dy: peakRank === 0 ? -8 : 14 * peakRank,
    }),
    Plot.text([slanted], {
      text: () => memory,
      textAnchor: below ? 'start' : 'end',
      dy: below ? 14 : -10,
      dx: below ? 12 : -4,
    }),
  ];
}

/** The roofs of the machine and where the programs lie below them, both axes logarithmic. */
export function rooflineChart(roofline: Roofline): string {
  const dots = dotsOf(roofline);
  const { machines } = roofline;
  const most = Math.max(...machines.map(({ threads }) => threads));
  const peakRanks = ranks(machines, ({ peak }) => peak);
  const bandwidthRanks = ranks(machines, ({ bandwidth }) => bandwidth);
  const ridges = machines.map(({ peak, bandwidth }) => peak / bandwidth);
  const xs = [...dots.flatMap(({ x, most: top }) => [x, top]), ...ridges];
  const range = [Math.min(...xs) / 4, Math.max(...xs) * 2.5] as const;
  const ys = [
    ...dots.map(({ y }) => y),
    ...machines.map((m) => m.peak / 1e9),
    ...machines.map((m) => roofAt(m, range[0]) / 1e9),
  ];
  const heights = [Math.min(...ys) / 1.5, Math.max(...ys) * 1.6] as const;
  const title = ({ kernel, x, y }: Dot): string =>
    `${kernel.name}, threads: ${kernel.threads}\n${figure(y)} GFLOP/s, ${((100 * y * 1e9) / machineOf(roofline, kernel).peak).toFixed(0)} % of peak\n${figure(x)} flop/byte`;
  const common = { x: 'x', y: 'y', r: 6, strokeWidth: 2, stroke: 'colour', title } as const;
  return plotSvg(`Roofline of ${roofline.title}`, {
    width: 900,
    height: 500,
    marginRight: 30,
    color: { type: 'identity' },
    x: { type: 'log', domain: range, label: 'flop/byte', ticks: logTicks(...range), tickFormat: tickText, grid: true },
    y: {
      type: 'log',
      domain: heights,
      label: 'GFLOP/s',
      ticks: logTicks(...heights),
      tickFormat: tickText,
      grid: true,
    },
    marks: [
      ...machines.flatMap((m) =>
        roof(m, range, {
          dashed: m.threads < most,
          peakRank: peakRanks.get(m)!,
          bandwidthRank: bandwidthRanks.get(m)!,
        }),
      ),
      Plot.link(dots, {
        x1: 'x',
        x2: 'most',
        y1: 'y',
        y2: 'y',
        stroke: 'colour',
        strokeOpacity: 0.5,
        strokeWidth: 1.5,
      }),
      Plot.dot(
        dots.filter(({ kernel }) => kernel.threads === most),
        { ...common, fill: 'colour' },
      ),
      Plot.dot(
        dots.filter(({ kernel }) => kernel.threads < most),
        { ...common, fill: 'white' },
      ),
    ],
  });
}

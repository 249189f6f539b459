import * as Plot from '@observablehq/plot';
import type { Spectrum } from '../../spectrum.js';
import { colourOf } from '../charts.js';
import { figure } from '../format.js';
import { plotSvg } from '../plot-svg.js';

/** The density on a logarithmic axis, with two standard errors on each side, and the eigenvalues that were found as marks below. */
export function densityChart({ density, ends, size }: Spectrum): string {
  // A tenth of one eigenvalue smeared over its Gaussian: less is the tail of a Gaussian, not of the spectrum.
  const floor = 0.1 / (size * density.width * Math.sqrt(2 * Math.PI));
  const curve = density.points.map((x, i) => {
    const [value, spread] = [density.values[i]!, 2 * density.standardErrors[i]!];
    return {
      x,
      value: Math.max(floor, value),
      low: Math.max(floor, value - spread),
      high: Math.max(floor, value + spread),
    };
  });
  const found = ends.flatMap(({ values }) => values);
  return plotSvg('density of eigenvalues', {
    height: 340,
    x: { label: 'eigenvalue', grid: true },
    y: { label: 'density', type: 'log', grid: true, tickFormat: '.0e', ticks: 6 },
    marks: [
      Plot.areaY(curve, { x: 'x', y1: 'low', y2: 'high', fill: colourOf(0), fillOpacity: 0.25 }),
      Plot.line(curve, { x: 'x', y: 'value', stroke: colourOf(0), strokeWidth: 2 }),
      Plot.tickX(found, { x: (d: number) => d, stroke: colourOf(1), insetTop: 262, title: (d: number) => figure(d) }),
    ],
  });
}

/** The eigenvalues at both ends by rank, with their residuals as bars. */
export function eigenvalueChart({ ends }: Spectrum): string {
  const dots = ends.flatMap(({ which, values, residuals }) =>
    values.map((value, i) => ({ rank: i + 1, which, value, low: value - residuals[i]!, high: value + residuals[i]! })),
  );
  const domain = ends.map(({ which }) => which);
  return plotSvg('extreme eigenvalues', {
    height: 340,
    x: {
      label: 'rank from its end',
      grid: true,
      type: 'linear',
      inset: 20,
      ticks: Math.max(...dots.map(({ rank }) => rank)),
      tickFormat: 'd',
    },
    y: { label: 'eigenvalue', grid: true, inset: 8 },
    color: { domain, range: domain.map((_, i) => colourOf(i)), legend: false },
    marks: [
      Plot.ruleY([0]),
      Plot.ruleX(dots, { x: 'rank', y1: 'low', y2: 'high', stroke: 'which' }),
      Plot.dot(dots, { x: 'rank', y: 'value', r: 4, fill: 'which', title: (d) => `${d.which}: ${figure(d.value)}` }),
    ],
  });
}

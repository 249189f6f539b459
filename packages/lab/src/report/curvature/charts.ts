import * as Plot from '@observablehq/plot';
import type { LayerCurvature } from '../../analysis/layers.js';
import { colourOf } from '../charts.js';
import { figure } from '../format.js';
import { plotSvg } from '../plot-svg.js';

interface Bar {
  readonly layer: string;
  readonly value: number;
  readonly spread: number;
}

function bars(label: string, list: readonly Bar[], colour: string): string {
  const longest = Math.max(...list.map(({ layer }) => layer.length));
  return plotSvg(label, {
    height: 60 + 30 * list.length,
    marginLeft: Math.min(240, 24 + 7.2 * longest),
    x: { label, grid: true },
    y: { label: null, domain: list.map(({ layer }) => layer) },
    marks: [
      Plot.barX(list, { x: 'value', y: 'layer', fill: colour, title: (d: Bar) => `${d.layer}: ${figure(d.value)}` }),
      Plot.ruleY(list, {
        x1: (d: Bar) => d.value - d.spread,
        x2: (d: Bar) => d.value + d.spread,
        y: 'layer',
        strokeWidth: 1.5,
      }),
      Plot.ruleX([0]),
    ],
  });
}

/** The trace of every layer's block with two standard errors on each side. */
export function traceBars(layers: readonly LayerCurvature[]): string {
  const list = layers.map(({ layer, trace, standardError }) => ({ layer, value: trace, spread: 2 * standardError }));
  return bars('trace of the block', list, colourOf(2));
}

/** The largest eigenvalue of every layer's block with its residual. */
export function largestBars(layers: readonly LayerCurvature[]): string {
  const list = layers.map(({ layer, largest, residual }) => ({ layer, value: largest, spread: residual }));
  return bars('largest eigenvalue of the block', list, colourOf(0));
}

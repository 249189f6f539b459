import * as Plot from '@observablehq/plot';
import type { TrainResult } from '../../commands/train/result.js';
import type { Point } from '../../study.js';
import { colourOf } from '../charts.js';
import { figure } from '../format.js';
import { escapeHtml as e, htmlTable, legendItem, page } from '../page.js';
import { plotSvg } from '../plot-svg.js';
import { trainCaption, trainCells } from './text.js';

interface Curve {
  readonly name: string;
  readonly key: string;
}

function chart(title: string, points: readonly Point[], curves: readonly Curve[]): string {
  const drawn = curves.map(({ name, key }) => ({
    name,
    dots: points.flatMap(({ step, values }) => {
      const value = values[key];
      return typeof value === 'number' ? [{ step, value }] : [];
    }),
  }));
  // A logarithmic axis shows how a loss shrinks, but has no room for what is not positive.
  const positive = drawn.every(({ dots }) => dots.every(({ value }) => value > 0));
  return plotSvg(title, {
    height: 320,
    x: { label: 'step', grid: true, ticks: 6, tickFormat: '~s' },
    y: { label: title, grid: true, type: positive ? 'log' : 'linear', ticks: 5, tickFormat: '~g' },
    marks: drawn.flatMap(({ name, dots }, i) => [
      Plot.lineY(dots, { x: 'step', y: 'value', stroke: colourOf(i), strokeWidth: 2, ariaDescription: name }),
      Plot.dot(dots, {
        ...{ x: 'step', y: 'value', r: 2, fill: colourOf(i) },
        title: (d: { step: number; value: number }) => `${name}, step ${d.step}: ${figure(d.value)}`,
      }),
    ]),
  });
}

const legend = (curves: readonly Curve[]): string =>
  curves.map(({ name }, i) => legendItem(colourOf(i), name)).join('\n');

/** One self-contained page about a training run: curves of loss and error, the table, the settings. */
export function trainHtml(result: TrainResult): string {
  const held = result.rows.validation > 0;
  const curves = (measure: 'Loss' | 'Error'): Curve[] => [
    { name: 'training', key: `train${measure}` },
    ...(held ? [{ name: 'validation', key: `validation${measure}` }] : []),
  ];
  const figureOf = (measure: 'Loss' | 'Error', caption: string): string =>
    `<figure><figcaption>${e(caption)} &nbsp; ${legend(curves(measure))}</figcaption>${chart(measure.toLowerCase(), result.points, curves(measure))}</figure>`;
  const settings = Object.entries(result.settings).map(([key, value]) => [key, String(value)]);
  const notes = result.notes.map((note) => `<p>${e(note)}</p>`).join('\n');
  const body = `<main>
<h1>Training of ${e(result.model)}</h1>
<p class="lead">${trainCaption(result).map(e).join('<br>')}</p>
<div class="charts">
${figureOf('Loss', `Loss: ${result.loss}`)}
${figureOf('Error', `Error: ${result.errorName}`)}
</div>
<h2>Result</h2>
${htmlTable(trainCells(result))}
<p>Measured on at most 2000 examples of each set.</p>
${notes}
<h2>Settings of the optimizer</h2>
${htmlTable([['setting', 'value'], ...settings])}
</main>`;
  return page(`osculate train: ${result.model}`, body);
}

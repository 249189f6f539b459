import type { TargetInfo } from '../../analysis/target.js';
import type { LandscapeData } from '../../landscape.js';
import { escapeHtml as e, htmlTable, legendItem, page } from '../page.js';
import { contourChart, contourKey, lossColour, modelColour, sliceChart, slicesOf } from './charts.js';
import { surfaceFigure, surfaceScript, surfaceStyle } from './surface.js';
import { directionCells, landscapeCaption, lossCells, trustSentence } from './text.js';

const key = `${legendItem(lossColour, 'loss')}${legendItem(modelColour, 'quadratic model (dashed)')}`;

function contourFigure(data: LandscapeData): string {
  const marks = [
    'cross: here',
    'star: lowest on the grid',
    ...(data.path ? ['black: the path'] : []),
    ...(data.trust.radius > 0 && !data.trust.wholeGrid ? ['white line: where the model is trusted'] : []),
  ];
  return `<figure><figcaption>Contours of the loss; dashed, those of the quadratic model at the same levels</figcaption>${contourChart(data)}
<p class="keys">loss: &nbsp; ${contourKey(data)}</p><p class="keys soft">${e(marks.join('; '))}</p></figure>`;
}

/** The pictures of a landscape: for a plane contours, surface and two slices, for a line that line. */
export function landscapeFigures(data: LandscapeData): string {
  const slices = slicesOf(data).map(
    (slice) =>
      `<figure><figcaption>Along ${e(slice.title)} &nbsp; ${key}</figcaption>${sliceChart(slice, data)}</figure>`,
  );
  const plane = data.axes.length === 2;
  const surface = `<figure><figcaption>The loss as a surface, the quadratic model as a net</figcaption>${plane ? surfaceFigure(data) : ''}</figure>`;
  return `<div class="charts">
${plane ? `${contourFigure(data)}\n${surface}` : ''}
${slices.join('\n')}
</div>`;
}

/** The tables of a landscape. */
export function landscapeTables(data: LandscapeData): string {
  return `<p>${e(trustSentence(data))} (shaded along the lines).</p>
${htmlTable(directionCells(data))}
<h2>Losses</h2>
${htmlTable(lossCells(data))}`;
}

/** One self-contained page about a landscape: nothing is loaded from anywhere. */
export function landscapeHtml(data: LandscapeData, target: TargetInfo): string {
  const body = `<style>${surfaceStyle}</style>
<main>
<h1>Landscape of the loss: ${e(target.title)}</h1>
<p class="lead">${e(target.description)} Loss: ${e(target.lossName)}.</p>
<p>${e(landscapeCaption(data))}.</p>
${landscapeFigures(data)}
<h2>Quadratic model</h2>
${landscapeTables(data)}
<p>The model is L(0) + slope · c + ½ c · curvature · c in the coordinates c along the directions, from the gradient and exact
Hessian-vector products. Filter-normalised directions are as long as the weights, neuron by neuron
(Li et al. 2018); eigenvectors and the gradient so long that their term of the model alone is as large as the loss. Seed ${data.seed}.</p>
</main>
<script>${surfaceScript}</script>`;
  return page(`osculate landscape: ${target.title}`, body);
}

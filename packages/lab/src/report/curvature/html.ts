import type { TargetInfo } from '../../analysis/target.js';
import type { Curvature } from '../../curvature.js';
import { landscapeFigures, landscapeTables } from '../landscape/html.js';
import { surfaceScript, surfaceStyle } from '../landscape/surface.js';
import { escapeHtml as e, htmlTable, page } from '../page.js';
import { spectrumFigures } from '../spectrum/html.js';
import { eigenvalueCells, spectrumCaption, totalCells } from '../spectrum/text.js';
import { largestBars, traceBars } from './charts.js';
import { layerCells, layersNote, pointCells } from './text.js';

/** One self-contained page with all that is measured of the curvature at a point: nothing is loaded from anywhere. */
export function curvatureHtml(data: Curvature, target: TargetInfo): string {
  const { spectrum, layers, landscape } = data;
  const body = `<style>${surfaceStyle}</style>
<main>
<h1>Curvature of the loss</h1>
<p class="lead">${e(target.title)}. ${e(target.description)} Loss: ${e(target.lossName)}.</p>
<p>${e(spectrumCaption(spectrum))}.</p>
${htmlTable(pointCells(data))}
<h2>Eigenvalues</h2>
${spectrumFigures(spectrum)}
${htmlTable(eigenvalueCells(spectrum))}
${htmlTable(totalCells(spectrum))}
<h2>Layer by layer</h2>
<p>The diagonal block of the Hessian that belongs to each layer. ${layersNote(data)}</p>
<div class="charts">
<figure><figcaption>Trace, with two standard errors</figcaption>${traceBars(layers)}</figure>
<figure><figcaption>Largest eigenvalue, with its residual</figcaption>${largestBars(layers)}</figure>
</div>
${htmlTable(layerCells(data))}
<h2>Landscape along the top eigenvectors</h2>
${landscapeFigures(landscape)}
${landscapeTables(landscape)}
<p>Density by stochastic Lanczos quadrature: ${spectrum.probes} random vectors, ${spectrum.steps} products each, seed ${spectrum.seed}; eigenvalues by
Lanczos with thick restarts, traces by Hutchinson's estimator, gradient noise from the gradient of every example (McCandlish et al. 2018).</p>
</main>
<script>${surfaceScript}</script>`;
  return page(`osculate curvature: ${target.title}`, body);
}

import type { TargetInfo } from '../../analysis/target.js';
import type { Spectrum } from '../../spectrum.js';
import { colourOf } from '../charts.js';
import { figure } from '../format.js';
import { escapeHtml as e, htmlTable, legendItem, page } from '../page.js';
import { densityChart, eigenvalueChart } from './charts.js';
import { eigenvalueCells, spectrumCaption, totalCells } from './text.js';

function legend({ ends }: Spectrum): string {
  return ends.map(({ which }, i) => legendItem(colourOf(i), which)).join('\n');
}

/** Density and extreme eigenvalues. */
export function spectrumFigures(spectrum: Spectrum): string {
  const { density } = spectrum;
  return `<div class="charts">
<figure><figcaption>Density of all eigenvalues, each a Gaussian of width ${e(figure(density.width))}; band: two standard errors; ticks: the extreme eigenvalues found</figcaption>${densityChart(spectrum)}</figure>
<figure><figcaption>Extreme eigenvalues with residuals &nbsp; ${legend(spectrum)}</figcaption>${eigenvalueChart(spectrum)}</figure>
</div>`;
}

/** One self-contained page about a spectrum: nothing is loaded from anywhere. */
export function spectrumHtml(spectrum: Spectrum, target: TargetInfo): string {
  const { probes, steps, seed } = spectrum;
  const body = `<main>
<h1>Eigenvalues of the ${e(spectrum.matrix)}</h1>
<p class="lead">${e(target.title)}. ${e(target.description)} Loss: ${e(target.lossName)}.</p>
<p>${e(spectrumCaption(spectrum))}.</p>
${spectrumFigures(spectrum)}
<h2>Extreme eigenvalues</h2>
${htmlTable(eigenvalueCells(spectrum))}
<h2>Totals</h2>
${htmlTable(totalCells(spectrum))}
<p>By stochastic Lanczos quadrature: ${probes} random vectors, ${steps} products each, seed ${seed}. Eigenvalues by Lanczos with thick
restarts; within its residual, and the rounding of float32 products, of each value there is an eigenvalue.</p>
</main>`;
  return page(`osculate spectrum: ${target.title}`, body);
}

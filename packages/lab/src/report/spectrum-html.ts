import type { Problem } from '../problems/problem.js';
import type { Spectrum } from '../spectrum.js';
import { colourOf } from './charts.js';
import { figure } from './format.js';
import { escapeHtml as e } from './html.js';
import { style } from './page-parts.js';
import { densityChart, eigenvalueChart } from './spectrum-charts.js';
import { type Cells, eigenvalueCells, spectrumCaption, totalCells } from './spectrum-text.js';

function table(cells: Cells): string {
  const row = (tag: string, line: readonly string[]): string =>
    `<tr>${line.map((cell) => `<${tag}>${e(cell)}</${tag}>`).join('')}</tr>`;
  const body = cells.slice(1).map((line) => row('td', line));
  return `<div class="scroll"><table><thead>${row('th', cells[0]!)}</thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

function legend({ ends }: Spectrum): string {
  return ends
    .map(({ which }, i) => `<span class="swatch" style="background:${colourOf(i)}"></span>${which}`)
    .join(' &nbsp; ');
}

/** One self-contained page about a spectrum: nothing is loaded from anywhere. */
export function spectrumHtml(spectrum: Spectrum, problem: Pick<Problem, 'title' | 'description' | 'lossName'>): string {
  const { density, probes, steps, seed } = spectrum;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>osculate spectrum: ${e(problem.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Eigenvalues of the ${e(spectrum.matrix)}</h1>
<p class="lead">${e(problem.title)}. ${e(problem.description)} Loss: ${e(problem.lossName)}.</p>
<p>${e(spectrumCaption(spectrum))}.</p>
<div class="charts">
<figure><figcaption>Density of all eigenvalues, each a Gaussian of width ${e(figure(density.width))}; band: two standard errors; ticks: the extreme eigenvalues found</figcaption>${densityChart(spectrum)}</figure>
<figure><figcaption>Extreme eigenvalues with residuals &nbsp; ${legend(spectrum)}</figcaption>${eigenvalueChart(spectrum)}</figure>
</div>
<h2>Extreme eigenvalues</h2>
${table(eigenvalueCells(spectrum))}
<h2>Totals</h2>
${table(totalCells(spectrum))}
<p>By stochastic Lanczos quadrature: ${probes} random vectors, ${steps} products each, seed ${seed}. Eigenvalues by Lanczos with thick
restarts; within its residual, and the rounding of float32 products, of each value there is an eigenvalue.</p>
</main>
</body>
</html>
`;
}

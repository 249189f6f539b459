import type { ConditionSweep } from '../../sweep/condition-sweep.js';
import { colourOf } from '../charts.js';
import { escapeHtml as e, htmlTable, legendItem, page } from '../page.js';
import { sweepChart } from './charts.js';
import { censoredSentence, countCells, seriesName, slopeCells, sweepCaption } from './text.js';

/** One self-contained page about a sweep over condition numbers. */
export function sweepHtml(sweep: ConditionSweep): string {
  const legend = sweep.series.map((s, i) => legendItem(colourOf(i), seriesName(s))).join('\n');
  const capped = censoredSentence(sweep);
  const sources = sweep.series.map(
    (s) => `<dt>${e(s.title)}</dt><dd>settings: ${e(s.settings)}${s.theory ? `; ${e(s.theory.source)}` : ''}</dd>`,
  );
  const body = `<main>
<h1>Iterations against the condition number</h1>
<p class="lead">${e(sweepCaption(sweep))}.</p>
<p class="legend">${legend}</p>
<figure>${sweepChart(sweep)}</figure>
<p>Dashed: lines of the theory’s slope, through the last solved run, of methods whose theory gives the slope and no bound.
${capped === '' ? '' : `Open triangles: runs that reached the cap. ${e(capped)}`} Settings use L = 1, the largest eigenvalue, and μ = 1/κ, the
smallest.</p>
<h2>Slopes</h2>
<p>Iterations ≈ c·κ<sup>a</sup>: a by least squares on the logarithms, with Student’s t
interval, which is of their scatter alone: where κ is small or the theory has factors of log κ as well, slopes differ by some hundredths.</p>
${htmlTable(slopeCells(sweep).map((row) => row.slice(0, -1)))}
<h2>Iterations</h2>
${htmlTable(countCells(sweep))}
<h2>Settings, and where the theory is from</h2>
<dl>${sources.join('\n')}</dl>
</main>`;
  return page('osculate sweep: condition number', body);
}

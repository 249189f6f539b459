import type { Roofline } from '../../roofline/roofline.js';
import { colourOf } from '../charts.js';
import { escapeHtml as e, htmlTable, legendItem, page } from '../page.js';
import { kernelNames, rooflineChart } from './charts.js';
import { kernelCells, machineCells, rooflineCaption, rooflineNotes } from './text.js';

/** One self-contained page about a roofline. */
export function rooflineHtml(roofline: Roofline): string {
  const legend = kernelNames(roofline)
    .map((name, i) => legendItem(colourOf(i), name))
    .join('\n');
  const body = `<main>
<h1>Roofline: ${e(roofline.title)}</h1>
<p class="lead">${e(rooflineCaption(roofline))}.</p>
<p class="legend">${legend}</p>
<figure>${rooflineChart(roofline)}</figure>
<p>The lines are what the machine does at best: bandwidth times operations a byte, up to the peak of products. Dots are the programs:
filled with all threads (solid line), open with fewer (dashed line); each is where it would be if every node’s operands went through memory,
and the line to its right ends where only inputs and outputs do. Dots above the slope have had their operands from caches.</p>
<h2>Programs</h2>
${htmlTable(kernelCells(roofline))}
<h2>Machine</h2>
${htmlTable(machineCells(roofline))}
<p>${e(rooflineNotes)}</p>
</main>`;
  return page(`osculate roofline: ${roofline.title}`, body);
}

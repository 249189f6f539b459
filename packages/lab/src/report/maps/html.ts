import type { BasinMap, OptimizerMap } from '../../maps/basin-map.js';
import { count } from '../format.js';
import { escapeHtml as e, htmlTable, legendItem, page } from '../page.js';
import { mapChart, shadeRange } from './charts.js';
import { endingColours } from './colours.js';
import { endingName, mapCaption, severalName, shareCells, successCells } from './text.js';

const style = `
.charts { grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); }
.swatch { border: 1px solid var(--line); }
.keys { margin: .2rem 0 .3rem; font-size: .85rem; color: var(--soft); }
.ramp { display: inline-block; width: 5em; height: .8em; margin: 0 .4em; vertical-align: -1px; border-radius: 2px;
  background: linear-gradient(90deg, #dcdcdc, #8a8a8a, #292929); }
.shares th { white-space: normal; vertical-align: bottom; }
`;

function figureOf(map: BasinMap, one: OptimizerMap): string {
  const [few, many] = shadeRange(map, one);
  const ramp = few === many && few === 0 ? '' : `${count(few)}<span class="ramp"></span>${count(many)} steps; `;
  return `<figure><figcaption>${e(one.title)}</figcaption>${mapChart(map, one)}
<p class="keys">${ramp}${(100 * one.success).toFixed(1)} % end in a minimum</p></figure>`;
}

/** Colours and what they mean, of endings that some start has; kinds of one colour are one item. */
function legendItems({ endings, maps }: BasinMap): readonly (readonly [colour: string, name: string])[] {
  const colours = endingColours(endings);
  const met = endings.map((_, k) => maps.some(({ shares }) => shares[k]! > 0));
  return [...new Set(colours.filter((_, k) => met[k]))].map((colour) => {
    const these = endings.filter((_, k) => met[k] && colours[k] === colour);
    return [colour, these.length > 1 ? severalName(these[0]!, these.length) : endingName(these[0]!)] as const;
  });
}

/** One self-contained page of maps: nothing is loaded from anywhere. */
export function mapHtml(map: BasinMap, description: string): string {
  const legend = legendItems(map)
    .map(([colour, name]) => legendItem(colour, name))
    .join('\n');
  const body = `<style>${style}</style>
<main>
<h1>${e(map.title)}: where each start ends</h1>
<p class="lead">${e(description)}</p>
<p>${e(mapCaption(map))}. The colour says where a run ended, the shade after how many steps: light is few, dark is many, on a
logarithmic scale of each map’s own. Stars are minima, crosses saddles, triangles maxima, diamonds degenerate stationary points.</p>
<p class="legend">${legend}</p>
<div class="charts">
${map.maps.map((one) => figureOf(map, one)).join('\n')}
</div>
<h2>Success</h2>
${htmlTable(successCells(map))}
<h2>Shares of the starts</h2>
<div class="shares">${htmlTable(shareCells(map))}</div>
</main>`;
  return page(`osculate map: ${map.title}`, body);
}

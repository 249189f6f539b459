import { escapeHtml } from '../page.js';
import type { Series } from './series.js';

const [lineHeight, sample, gap, margin, letter] = [20, 26, 18, 12, 7];

interface Placed {
  readonly series: Series;
  readonly x: number;
  readonly row: number;
}

/** Rows of names no wider than the chart; widths are estimates, since nobody measures text here. */
function placed(series: readonly Series[], width: number): Placed[] {
  let [x, row] = [margin, 0];
  return series.map((s) => {
    const own = sample + 6 + letter * s.label.length + gap;
    if (x > margin && x + own > width) [x, row] = [margin, row + 1];
    const at = { series: s, x, row };
    x += own;
    return at;
  });
}

/**
 * A chart with its title for readers that do not see it and the names of its lines above it, as a file of its own: on white, since nobody knows what it will lie on.
 * `svg` is one element with width and height.
 */
export function legendSvg(svg: string, series: readonly Series[], title: string): string {
  const size = (name: string): number => Number(new RegExp(`<svg[^>]* ${name}="([\\d.]+)"`).exec(svg)![1]);
  const [width, height] = [size('width'), size('height')];
  const names = placed(series, width);
  const top = margin + lineHeight * (1 + Math.max(0, ...names.map(({ row }) => row)));
  const entries = names.map(({ series: { label, colour, dash }, x, row }) => {
    const y = margin + lineHeight * (row + 0.5);
    return (
      `<line x1="${x}" x2="${x + sample}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="3" stroke-dasharray="${dash}"/>` +
      `<text x="${x + sample + 6}" y="${y}" dominant-baseline="central">${escapeHtml(label)}</text>`
    );
  });
  const inner = svg.replace('<svg ', `<svg y="${top}" `);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top + height}" viewBox="0 0 ${width} ${top + height}" font-family="system-ui, sans-serif" font-size="12">
<title>${escapeHtml(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
${entries.join('\n')}
${inner}
</svg>
`;
}

import { style } from './page-parts.js';

/** Text that is safe between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (c) => entities[c]!);
}

/** What tells a page of ours from another file. */
export const pageMark = '<meta name="generator" content="osculate">';

/** A self-contained page around a body of HTML: nothing is loaded from anywhere. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${pageMark}
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** A colour and what it stands for, on one line. */
export function legendItem(colour: string, name: string): string {
  return `<span class="item"><span class="swatch" style="background:${colour}"></span>${escapeHtml(name)}</span>`;
}

/** A table of text; the first row is the head. */
export function htmlTable(rows: readonly (readonly string[])[]): string {
  const line = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const [head = [], ...body] = rows;
  const lines = body.map((row) => line('td', row)).join('\n');
  return `<div class="scroll"><table><thead>${line('th', head)}</thead><tbody>${lines}</tbody></table></div>`;
}

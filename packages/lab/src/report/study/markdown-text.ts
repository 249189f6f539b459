/** Text that stands for itself in Markdown, in tables and out of them: on one line, with every character that could mean something escaped. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|~$&#!]/g, '\\$&');
}

/** Words between `**` in bold, all else as it is. */
export function emphasisedMarkdown(text: string): string {
  return text
    .split('**')
    .map((part, i) => (i % 2 === 1 && part !== '' ? `**${escapeMarkdown(part)}**` : escapeMarkdown(part)))
    .join('');
}

/** Text as code; backticks in it do not end it. */
export function markdownCode(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

/** A table; the first row is the head, the first column stands to the left, the others to the right. Words between `**` in bold. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(head.map(escapeMarkdown)), line(rule), ...body.map((row) => line(row.map(emphasisedMarkdown)))].join(
    '\n',
  );
}

/** An image that stands alone, with its text for those who do not see it. */
export function markdownImage(text: string, file: string): string {
  return `![${escapeMarkdown(text)}](${encodeURI(file)})`;
}

/** Terms and what they mean, one a line. */
export function markdownDefinitions(pairs: readonly (readonly [term: string, text: string])[]): string {
  return pairs.map(([term, text]) => `- **${escapeMarkdown(term)}**: ${escapeMarkdown(text)}`).join('\n');
}

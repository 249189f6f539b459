import type { Measure } from '../problems/problem.js';
import type { Summary } from '../study.js';
import { count, figure, megabytes } from './format.js';

interface Column {
  readonly head: string;
  cell(summary: Summary): string;
}

const before: readonly Column[] = [
  { head: 'optimizer', cell: (s) => s.title },
  { head: 'steps', cell: (s) => count(s.last.step) },
  { head: 'gradient equivalents', cell: (s) => figure(s.last.gradientEquivalents) },
  { head: 'seconds', cell: (s) => s.last.seconds.toFixed(1) },
];

const after: readonly Column[] = [
  { head: 'seconds to target', cell: (s) => (s.solvedAt ? figure(s.solvedAt.seconds) : '–') },
  { head: 'peak memory', cell: (s) => megabytes(s.peakMemory) },
  { head: 'rejected steps', cell: ({ events }) => (events && events.rejected > 0 ? count(events.rejected) : '–') },
  { head: 'ended', cell: (s) => s.ending },
];

/** The columns of the final table, in the terminal and in the report: those of every problem around one a measure. */
export function columnsFor(measures: readonly Measure[]): readonly Column[] {
  const cell =
    (key: string): Column['cell'] =>
    ({ last }) =>
      figure(last.values[key] ?? Number.NaN);
  return [...before, ...measures.map(({ key, title }) => ({ head: title, cell: cell(key) })), ...after];
}

/** Rows of text as aligned columns, the first to the left, with a rule below the head. */
export function alignedText(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const rule = widths.map((w) => '─'.repeat(w)).join('──');
  return [line(head), rule, ...body.map(line)].map((text) => text.trimEnd()).join('\n');
}

/** The table of a comparison as text. */
export function textTable(summaries: readonly Summary[], measures: readonly Measure[]): string {
  const columns = columnsFor(measures);
  return alignedText([columns.map((c) => c.head), ...summaries.map((s) => columns.map((c) => c.cell(s)))]);
}

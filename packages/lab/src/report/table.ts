import type { Summary } from '../study.js';
import { count, figure, megabytes } from './format.js';

interface Column {
  readonly head: string;
  cell(summary: Summary): string;
}

/** The columns of the final table, in the terminal and in the report. */
export const columns: readonly Column[] = [
  { head: 'optimizer', cell: (s) => s.title },
  { head: 'steps', cell: (s) => count(s.last.step) },
  { head: 'gradient equivalents', cell: (s) => figure(s.last.gradientEquivalents) },
  { head: 'seconds', cell: (s) => s.last.seconds.toFixed(1) },
  { head: 'train loss', cell: (s) => figure(s.last.trainLoss) },
  { head: 'test loss', cell: (s) => figure(s.last.testLoss) },
  { head: 'train error', cell: (s) => figure(s.last.trainError) },
  { head: 'test error', cell: (s) => figure(s.last.testError) },
  { head: 'peak memory', cell: (s) => megabytes(s.peakMemory) },
  { head: 'ended', cell: (s) => s.ending },
];

/** The table as aligned text. */
export function textTable(summaries: readonly Summary[]): string {
  const rows = [columns.map((c) => c.head), ...summaries.map((s) => columns.map((c) => c.cell(s)))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const rule = widths.map((w) => '─'.repeat(w)).join('──');
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].map((l) => l.trimEnd()).join('\n');
}

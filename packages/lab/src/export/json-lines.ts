import type { Row } from './rows.js';

/** One JSON object a line. */
export function jsonLinesOf(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** A flat table: rows with the same keys, in the same order. */
export type Cell = number | string | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

/** The keys of all rows, in the order of their first appearance. */
export function columnsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

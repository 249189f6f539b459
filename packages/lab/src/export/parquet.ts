import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import { type Cell, columnsOf, type Row } from './rows.js';

/** The narrowest type that holds all cells of a column; text for a mixture. */
function typeOf(cells: readonly Cell[]): BasicType {
  const present = cells.filter((cell) => cell !== null);
  if (present.every((cell) => typeof cell === 'number')) return 'DOUBLE';
  return present.every((cell) => typeof cell === 'boolean') ? 'BOOLEAN' : 'STRING';
}

/** An Apache Parquet file: numbers are doubles, what a row lacks is null. */
export function parquetOf(rows: readonly Row[]): Uint8Array {
  const columnData = columnsOf(rows).map((name) => {
    const cells = rows.map((row) => row[name] ?? null);
    const type = typeOf(cells);
    const data = type === 'STRING' ? cells.map((cell) => (cell === null ? null : String(cell))) : cells;
    return { name, data, type, nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

import Papa from 'papaparse';
import { columnsOf, type Row } from './rows.js';

/** CSV with a header (RFC 4180); what a row lacks is empty. */
export function csvOf(rows: readonly Row[]): string {
  return `${Papa.unparse([...rows], { columns: columnsOf(rows) })}\r\n`;
}

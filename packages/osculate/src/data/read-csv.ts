import Papa from 'papaparse';
import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';

export interface CsvOptions {
  /** What separates fields (default a comma). */
  readonly delimiter?: string;
  /** Whether the first line names the columns (default true); otherwise they are named `0`, `1`, … */
  readonly header?: boolean;
  /** Columns to read as numbers, in this order (default: all but those in `text`). */
  readonly numbers?: readonly string[];
  /** Columns to keep as text. */
  readonly text?: readonly string[];
  /** A number that is missing: an error (default), NaN, or its row left out. */
  readonly missing?: 'error' | 'nan' | 'drop';
  /** What counts as missing beside the empty field (default NA, NaN, nan, null and ?). */
  readonly missingMarks?: readonly string[];
}

const csvOptions: OptionNames<CsvOptions> = {
  delimiter: 1,
  header: 1,
  numbers: 1,
  text: 1,
  missing: 1,
  missingMarks: 1,
};

/** The columns of a CSV file, numbers and text apart. */
export interface CsvTable {
  /** Names of the columns of `values`. */
  readonly names: readonly string[];
  /** The numbers, `[rows, names.length]`. */
  readonly values: NDArray<'f64'>;
  /** The text columns by name. */
  readonly text: Record<string, string[]>;
  /** Rows left out because a number was missing. */
  readonly dropped: number;
}

interface Row {
  readonly fields: readonly string[];
  /** The line of the file on which the row begins, from 1. */
  readonly line: number;
}

/** No two parts can begin with the same character: the time is linear in the length. */
const numeral = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** Rows of a text without quotes: its lines, of which empty ones take neither time nor memory. */
function plainRows(text: string, delimiter: string): Row[] {
  const rows: Row[] = [];
  let [line, from] = [1, 0];
  for (let at = 0; at <= text.length; at++) {
    const code = text.charCodeAt(at);
    if (at < text.length && code !== 10 && code !== 13) continue;
    if (at > from) {
      const content = text.slice(from, at);
      if (content.trim() !== '') rows.push({ fields: content.split(delimiter), line });
    }
    // A line ends with CR, LF or both.
    if (code === 13 && text.charCodeAt(at + 1) === 10) at++;
    from = at + 1;
    line++;
  }
  return rows;
}

/** Rows of a text with quotes. */
function quotedRows(text: string, delimiter: string): Row[] {
  const rows: Row[] = [];
  let line = 1;
  Papa.parse<string[]>(text, {
    delimiter,
    header: false,
    step: ({ data: fields, errors }) => {
      const error = errors.find(({ type }) => type === 'Quotes');
      if (error) throw new InputError(`CSV: line ${line}: ${error.message}`);
      if (fields.length > 1 || fields[0]!.trim() !== '') rows.push({ fields, line });
      line += 1 + fields.reduce((sum, field) => sum + (field.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
    },
  });
  return rows;
}

const parseRows = (text: string, delimiter: string): Row[] =>
  delimiter !== '' && !text.includes('"') ? plainRows(text, delimiter) : quotedRows(text, delimiter);

function columnNames(rows: Row[], header: boolean): string[] {
  const first = header ? rows.shift() : rows[0];
  if (first === undefined) throw new InputError('CSV: the file is empty');
  if (!header) return first.fields.map((_, i) => String(i));
  const names = first.fields.map((name) => name.trim());
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw new InputError(`CSV: line ${first.line}: two columns are named "${twice}"`);
  return names;
}

function positionsOf(wanted: readonly string[], names: readonly string[]): number[] {
  const places = new Map(names.map((name, i) => [name, i]));
  return wanted.map((name) => {
    const position = places.get(name);
    if (position !== undefined) return position;
    const shown =
      names.length > 50 ? `${names.slice(0, 50).join(', ')} and ${names.length - 50} more` : names.join(', ');
    throw new InputError(`CSV: there is no column "${name}"; the columns are ${shown}`);
  });
}

/** The number in a field, NaN when it is missing. */
function parseNumber(field: string, marks: ReadonlySet<string>, where: () => string): number {
  const text = field.trim();
  if (marks.has(text)) return Number.NaN;
  const value = numeral.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (Number.isFinite(value)) return value;
  throw new InputError(
    `${where()}: "${text}" is not a finite number; name the column in \`text\` if it is not numeric`,
  );
}

/**
 * Reads a CSV file (RFC 4180: quoted fields may hold delimiters, line breaks and doubled quotes): numeric columns as one array,
 * others as text. Empty lines are skipped.
 * @throws InputError that names the line and the column: for a field that is not a number, a missing number (by default), a
 * line of another length, unbalanced quotes, and columns that repeat or do not exist.
 * @example
 * const { names, values, text } = readCsv('kind,width,height\na,1,2\nb,3,4\n', { text: ['kind'] });
 * names; // ['width', 'height']
 * values; // [1, 2, 3, 4]
 * text.kind; // ['a', 'b']
 */
export function readCsv(file: string | Uint8Array, options: CsvOptions = {}): CsvTable {
  checkNames('readCsv', options, csvOptions);
  const decoded = typeof file === 'string' ? file : new TextDecoder().decode(file);
  const rows = parseRows(decoded.replace(/^\uFEFF/, ''), options.delimiter ?? ',');
  const all = columnNames(rows, options.header ?? true);
  const textNames = options.text ?? [];
  const textAt = positionsOf(textNames, all);
  const asText = new Set(textNames);
  const names = options.numbers ?? all.filter((name) => !asText.has(name));
  const numbersAt = positionsOf(names, all);
  const marks = new Set(['', ...(options.missingMarks ?? ['NA', 'NaN', 'nan', 'null', '?'])]);
  const missing = options.missing ?? 'error';
  const values: number[] = [];
  const text = textNames.map((): string[] => []);
  let dropped = 0;
  for (const { fields, line } of rows) {
    if (fields.length !== all.length) {
      throw new InputError(`CSV: line ${line} has ${fields.length} fields, not ${all.length}`);
    }
    const where = (at: number): string => `CSV: line ${line}, column "${all[at]}"`;
    const numbers = numbersAt.map((at) => parseNumber(fields[at]!, marks, () => where(at)));
    const gap = numbers.findIndex(Number.isNaN);
    if (gap >= 0 && missing === 'error') {
      throw new InputError(`${where(numbersAt[gap]!)}: the number is missing; see the option \`missing\``);
    }
    if (gap >= 0 && missing === 'drop') {
      dropped++;
      continue;
    }
    for (const value of numbers) values.push(value);
    for (let i = 0; i < textAt.length; i++) text[i]!.push(fields[textAt[i]!]!);
  }
  return {
    names,
    values: { dtype: 'f64', shape: [rows.length - dropped, names.length], data: Float64Array.from(values) },
    text: Object.fromEntries(textNames.map((name, i) => [name, text[i]!])),
    dropped,
  };
}

import { readCsv } from 'osculate/data';
import { UsageError } from '../../usage-error.js';

export interface ColumnChoice {
  readonly x?: string;
  readonly y?: string;
  readonly sigma?: string;
  /** Columns of the standard deviations of variables, by variable; the key `''` stands for the only one. */
  readonly sigmaX?: Readonly<Record<string, string>>;
}

/** What a fit takes from a file. */
export interface FitColumns {
  /** Names in the formula that stand for columns, and the columns; none for a formula of parameters alone. */
  readonly variables: readonly { readonly name: string; readonly column: string }[];
  readonly yName: string;
  readonly y: Float64Array;
  readonly sigma?: Float64Array;
  /** As `rows`, 0 for variables without errors. */
  readonly sigmaX?: readonly Float64Array[];
  /** Row by row, one number a variable. */
  readonly rows: readonly Float64Array[];
}

/** Refuses a column that is not there. */
function requireColumn(names: readonly string[], name: string | undefined, flag: string): void {
  if (name === undefined || names.includes(name)) return;
  throw new UsageError(`${flag}: there is no column "${name}"; the columns are ${names.join(', ')}`);
}

function sigmaColumns({ sigma, sigmaX = {} }: ColumnChoice): string[] {
  return [...(sigma === undefined ? [] : [sigma]), ...Object.values(sigmaX)];
}

/** The column of the errors of each variable, or undefined. @throws UsageError for a variable that is not there. */
function errorColumns(variables: readonly string[], sigmaX: Readonly<Record<string, string>>): (string | undefined)[] {
  const unknown = Object.keys(sigmaX).find((name) => name !== '' && !variables.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `--sigma-x: the formula has no variable "${unknown}"; it has ${variables.join(', ') || 'none'}`,
    );
  if (Object.hasOwn(sigmaX, '') && variables.length !== 1)
    throw new UsageError(
      `--sigma-x: say for which variable, as ${variables[0] ?? 'x'}=column; there are ${variables.length}`,
    );
  return variables.map((name) => sigmaX[name] ?? sigmaX['']);
}

/** The column for a name of the formula: of the same name, or for `x` that of --x or the only one left. */
function columnOf(name: string, names: readonly string[], choice: ColumnChoice): string {
  const { x, y } = choice;
  if (name === 'x' && x !== undefined) return x;
  if (names.includes(name)) return name;
  const left = names.filter((column) => column !== (y ?? 'y') && !sigmaColumns(choice).includes(column));
  if (name === 'x' && left.length === 1) return left[0]!;
  const choose = name === 'x' ? '; choose one with --x' : '';
  throw new UsageError(
    `--model: "${name}" is neither a parameter of --start nor a column${choose}; the columns are ${names.join(', ')}`,
  );
}

function responseOf(names: readonly string[], taken: readonly string[], { y }: ColumnChoice): string {
  if (y !== undefined) return y;
  if (names.includes('y')) return 'y';
  const left = names.filter((column) => !taken.includes(column));
  if (left.length === 1) return left[0]!;
  throw new UsageError(`choose the column to fit with --y; the columns are ${names.join(', ')}`);
}

/** Two columns name themselves when neither is asked for: `x` is the first, then. */
function defaults(names: readonly string[], symbols: readonly string[], choice: ColumnChoice): ColumnChoice {
  const plain = names.filter((name) => !sigmaColumns(choice).includes(name));
  const open = choice.x === undefined && choice.y === undefined && !names.includes('x') && !names.includes('y');
  if (!open || plain.length !== 2 || !symbols.includes('x')) return choice;
  return { ...choice, x: plain[0]!, y: plain[1]! };
}

/** Reads the columns that the names of a formula and the flags ask for. @throws UsageError, InputError */
export function readColumns(
  text: string,
  delimiter: string,
  symbols: readonly string[],
  flags: ColumnChoice,
): FitColumns {
  const { names } = readCsv(text.split(/\r?\n/, 1)[0]!, { delimiter });
  for (const flag of ['x', 'y', 'sigma'] as const) requireColumn(names, flags[flag], `--${flag}`);
  const choice = defaults(names, symbols, flags);
  const variables = symbols.map((name) => ({ name, column: columnOf(name, names, choice) }));
  if (choice.x !== undefined && !symbols.includes('x'))
    throw new UsageError('--x: the model has no "x"; a formula can name columns itself');
  const sigma = choice.sigma === undefined ? [] : [choice.sigma];
  const errors = errorColumns(symbols, choice.sigmaX ?? {});
  for (const name of errors) requireColumn(names, name, '--sigma-x');
  const yName = responseOf(names, [...variables.map(({ column }) => column), ...sigmaColumns(choice)], choice);
  const wanted = [...new Set([yName, ...sigmaColumns(choice), ...variables.map(({ column }) => column)])];
  const { values } = readCsv(text, { delimiter, numbers: wanted });
  const count = values.shape[0]!;
  const column = (name: string): Float64Array => {
    const at = wanted.indexOf(name);
    return Float64Array.from({ length: count }, (_, i) => values.data[i * wanted.length + at]!);
  };
  const columns = variables.map((variable) => column(variable.column));
  const rows = Array.from({ length: count }, (_, i) => Float64Array.from(columns, (values) => values[i]!));
  const spreads = errors.map((name) => (name === undefined ? new Float64Array(count) : column(name)));
  const sigmaX = rows.map((_, i) => Float64Array.from(spreads, (values) => values[i]!));
  return {
    variables,
    yName,
    y: column(yName),
    rows,
    ...(sigma.length > 0 && { sigma: column(sigma[0]!) }),
    ...(choice.sigmaX !== undefined && { sigmaX }),
  };
}

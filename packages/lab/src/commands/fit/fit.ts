import { relative, resolve } from 'node:path';
import { curveFit, fitReport, fitStatistics, type LossName, orthogonalDistanceFit } from 'osculate/fit';
import { expressionModel, parseExpression, parseTies } from 'osculate/fit/expression';
import { writeFileAtomic } from 'osculate/node';
import { InputError, ShapeError } from 'osculate/tensor';
import { exitStatus } from '../../command-line/exit-status.js';
import { textOf } from '../../file-contents.js';
import { type Fitted, fitPicture } from '../../report/fit/charts.js';
import { fitHtml } from '../../report/fit/html.js';
import type { Terminal } from '../../report/progress.js';
import { terminalPlot } from '../../report/terminal-plot.js';
import { UsageError } from '../../usage-error.js';
import { readColumns } from './columns.js';

export interface FitOptions {
  readonly file: string;
  readonly model: string;
  readonly start: Readonly<Record<string, number>>;
  readonly bounds: Readonly<Record<string, readonly [number, number]>>;
  /** Values to hold parameters at; null for their start. */
  readonly fix: Readonly<Record<string, number | null>>;
  /** Formulas of parameters. */
  readonly ties: Readonly<Record<string, string>>;
  readonly x?: string;
  readonly y?: string;
  readonly sigma?: string;
  readonly sigmaX?: Readonly<Record<string, string>>;
  readonly absoluteSigma: boolean;
  readonly level: number;
  readonly loss: LossName;
  readonly lossScale: number;
  readonly delimiter: string;
  readonly html?: string;
  readonly json: boolean;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

function refuseUnknownBounds({ bounds }: FitOptions, names: readonly string[]): void {
  const unknown = Object.keys(bounds).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--bounds: there is no parameter "${unknown}"; there are ${names.join(', ')}`);
}

/** The values of fixed parameters. */
function fixedOf({ start, fix }: FitOptions): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fix).map(([name, given]) => {
      const value = given ?? start[name];
      if (value === undefined) throw new UsageError(`--fix: "${name}" has no value in --start; give one, as ${name}=1`);
      return [name, value];
    }),
  );
}

/** The names in the formula and the others that it must hold: parameters, unless they only occur in the formulas of others. */
function parametersOf(
  symbols: readonly string[],
  parameters: readonly string[],
  tied: Readonly<Record<string, { readonly symbols: readonly string[] }>>,
): string[] {
  const helps = (name: string): boolean => Object.values(tied).some((tie) => tie.symbols.includes(name));
  return parameters.filter((name) => symbols.includes(name) || !helps(name));
}

/** A column that no formula can name, for a model of parameters alone. */
const rowNumber = { name: '(row)', column: 'row' };

function run(options: FitOptions): Fitted {
  const { model: formula, start, ties, loss, lossScale, absoluteSigma, level } = options;
  const [fixed, tied] = [fixedOf(options), parseTies(ties)];
  const parameters = [...new Set([start, fixed, tied].flatMap((given) => Object.keys(given)))];
  const { symbols } = parseExpression(formula);
  const free = symbols.filter((name) => !parameters.includes(name));
  const columns = readColumns(textOf(options.file), options.delimiter, free, options);
  const variables = columns.variables.length > 0 ? columns.variables : [rowNumber];
  const model = expressionModel(formula, {
    parameters: parametersOf(symbols, parameters, tied),
    variables: variables.map(({ name }) => name),
  });
  // One variable as a plain list.
  const rows = columns.variables.length > 0 ? columns.rows : columns.rows.map((_, i) => [i + 1]);
  const x = variables.length === 1 ? rows.map((row) => row[0]!) : rows;
  const weights = columns.sigma ? { sigma: columns.sigma } : {};
  const { y } = columns;
  refuseUnknownBounds(options, parameters);
  const settings = { start, names: parameters, bounds: options.bounds, fixed, tied, loss, lossScale };
  if (columns.sigmaX !== undefined) {
    if (columns.sigma === undefined)
      throw new UsageError('--sigma-x: give the standard deviations of y by --sigma too');
    const result = orthogonalDistanceFit(model, { x, y, sigmaX: columns.sigmaX, sigmaY: columns.sigma }, settings);
    // R² compares vertical distances.
    return { columns, result, statistics: fitStatistics(result, { absoluteSigma, level }) };
  }
  const result = curveFit(model, { x, y, ...weights }, settings);
  return { columns, result, statistics: fitStatistics(result, { absoluteSigma, level }) };
}

/** The result as plain data. Numbers that are not finite become null. */
function asJson({ file, model }: FitOptions, { columns, result, statistics }: Fitted): string {
  const { names, status, message, warnings, evaluations, iterations, activeBounds } = result;
  const { covariance, correlation, varianceOf: _, ...rest } = statistics;
  const nested = ({ rows, data }: typeof covariance): number[][] =>
    Array.from({ length: rows }, (__, i) => Array.from(data.subarray(i * rows, (i + 1) * rows)));
  const value = {
    file,
    model,
    y: columns.yName,
    status,
    message,
    names,
    ...rest,
    covariance: nested(covariance),
    correlation: nested(correlation),
    activeBounds: Array.from(activeBounds),
    fixed: result.constraints?.fixed ?? [],
    tied: result.constraints?.tied ?? {},
    residuals: Array.from(result.residuals),
    evaluations,
    iterations,
    warnings,
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The report for people, to the terminal unless that gets JSON, and as a page where one is asked for. */
async function present(options: FitOptions, fitted: Fitted): Promise<void> {
  const { model, html, json, absoluteSigma, level, stdout, stderr } = options;
  const { columns, result, statistics } = fitted;
  const { yName } = columns;
  const report = fitReport(result, { model: `${yName} = ${model}`, absoluteSigma, level });
  const picture = fitPicture(fitted);
  if (!json) stdout.write(`${report}\n\n${terminalPlot(picture)}\n`);
  if (html === undefined) return;
  const path = resolve(html);
  await writeFileAtomic(
    path,
    fitHtml({ ...options, report, statistics, picture, yName, tied: result.constraints?.tied ?? {} }),
  );
  stderr.write(`report: ${relative(process.cwd(), path)}\n`);
}

const failures: readonly string[] = ['stalled', 'max-evaluations', 'non-finite-start'];

/**
 * Fits a formula to columns of a file: prints the report or JSON, writes the page. Resolves to the exit status.
 * @throws UsageError for whatever is wrong with the flags, the formula or the file.
 */
export async function fit(options: FitOptions): Promise<number> {
  let fitted: Fitted;
  try {
    fitted = run(options);
  } catch (error) {
    if (error instanceof InputError || error instanceof ShapeError) throw new UsageError(error.message);
    throw error;
  }
  if (options.json) options.stdout.write(asJson(options, fitted));
  if (!options.json || options.html !== undefined) await present(options, fitted);
  return failures.includes(fitted.result.status) ? exitStatus.failed : exitStatus.done;
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LossName } from 'osculate/fit';
import { boundValues, errorColumns, fixedValues, startValues, tie } from './assignments.js';
import type { End } from './exit-status.js';
import { positive } from './values.js';

interface FitFlags {
  model: string;
  start: Record<string, number>;
  bounds?: Record<string, readonly [number, number]>;
  fix?: Record<string, number | null>;
  tie?: Record<string, string>;
  x?: string;
  y?: string;
  sigma?: string;
  sigmaX?: Record<string, string>;
  absoluteSigma?: boolean;
  level: number;
  loss: LossName;
  lossScale: number;
  delimiter: string;
  html?: string;
  json?: boolean;
}

const losses: readonly LossName[] = ['linear', 'huber', 'soft-l1', 'cauchy', 'arctan', 'tukey'];

/** A share between 0 and 1. @throws InvalidArgumentError */
function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It must lie between 0 and 1, as 0.95.');
  return value;
}

/** Adds `osculate fit`. */
export function addFit(root: Command, end: End): void {
  root
    .command('fit')
    .description('fit a formula to the columns of a CSV file by nonlinear least squares; prints a report')
    .argument('<file>', 'a CSV file whose first line names the columns')
    .requiredOption('-m, --model <formula>', 'the formula, as "b1*(1-exp(-b2*x))": parameters and columns by name')
    .requiredOption('-s, --start <list>', 'a start for each parameter, as b1=500,b2=1e-4', startValues)
    .option('-b, --bounds <list>', 'lower and upper bounds, as b1=0:10,b2=:5', boundValues)
    .option('--fix <list>', 'parameters to hold, as b3=1, or at their start, as b3', fixedValues)
    .option('--tie <formula>', 'a parameter that follows from others, as "b3=b1+2*b2"; may be given again', tie)
    .option('--x <column>', 'the column that the formula calls x (default: x, or the only one left)')
    .option('--y <column>', 'the column to fit (default: y, or the only one left)')
    .option('--sigma <column>', 'the column of standard deviations of y')
    .option(
      '--sigma-x <columns>',
      'columns of standard deviations of x, as sx or u=su,v=sv: fits orthogonal distances; needs --sigma',
      errorColumns,
    )
    .option('--absolute-sigma', 'take these as they are, not as known up to a common factor')
    .option('--level <share>', 'level of intervals and bands', share, 0.95)
    .addOption(new Option('--loss <name>', 'robust loss').choices(losses).default('linear'))
    .option('--loss-scale <size>', 'size of a residual (over its sigma) up to which it is not an outlier', positive, 1)
    .option('--delimiter <text>', 'between the columns of the file', ',')
    .option('--html <file>', 'write a page with plots of data, fit, bands and residuals')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExit status: 0 fitted, 1 the fit found no minimum, 2 wrong use.')
    .action(async (file: string, flags: FitFlags) => {
      // Loaded here: the reader of formulas takes longer to load than the other commands do to start.
      const { fit } = await import('../commands/fit/fit.js');
      const { stdout, stderr } = process;
      const { absoluteSigma = false, json = false, bounds = {}, fix = {}, tie: ties = {}, ...rest } = flags;
      end(await fit({ file, ...rest, absoluteSigma, json, bounds, fix, ties, stdout, stderr }));
    });
}

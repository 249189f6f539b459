import { constant, type Tensor } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import { dataFile } from './data-file.js';
import { nistFormulas } from './nist/formulas.js';
import type { Family } from './problem.js';
import { vectorProblem } from './vector-problem.js';

interface NistData {
  readonly starts: readonly [readonly number[], readonly number[]];
  readonly certified: readonly number[];
  /** The certified sum of squares. */
  readonly squares: number;
  /** Lower, Average or Higher. */
  readonly level: string;
  readonly y: readonly number[];
  /** One list a predictor. */
  readonly x: readonly (readonly number[])[];
}

/** Reads a file of the collection as NIST distributes it. */
export function nistData(name: string): NistData {
  const lines = dataFile(`nist/${name}.dat`).split(/\r?\n/);
  const rows = lines.flatMap((line) => {
    const match = /^\s*b\d+ =\s+(.*)$/.exec(line);
    return match ? [match[1]!.trim().split(/\s+/).map(Number)] : [];
  });
  const column = (j: number): number[] => rows.map((row) => row[j]!);
  const find = (pattern: RegExp): string => lines.map((line) => pattern.exec(line)?.[1]).find((s) => s !== undefined)!;
  const header = lines.findLastIndex((line) => line.startsWith('Data:'));
  const table = lines
    .slice(header + 1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const predictors = table[0]!.slice(1).map((_, j) => table.map((row) => row[j + 1]!));
  return {
    starts: [column(0), column(1)],
    certified: column(2),
    squares: Number(find(/^Residual Sum of Squares:\s+(\S+)/)),
    level: find(/(Lower|Average|Higher) Level of Difficulty/),
    // Nelson's model is one of log y.
    y: table.map((row) => (name === 'Nelson' ? Math.log(row[0]!) : row[0]!)),
    x: predictors,
  };
}

/** Certified minima below this are rounding errors of the certified parameters. */
const exactFit = 1e-15;

/** The 27 nonlinear regressions of NIST's StRD collection. */
export const nistFamily: Family = {
  name: 'nist',
  summary: 'the 27 certified nonlinear regressions of NIST, by name',
  argument: { placeholder: 'name', example: 'Misra1a' },
  settings: { start: 1 },
  make: (name, argument, { start }) => {
    if (!Object.hasOwn(nistFormulas, argument)) {
      throw new UsageError(
        `"${name}": there is no data set "${argument}"; there are ${Object.keys(nistFormulas).join(', ')}`,
      );
    }
    if (start !== 1 && start !== 2) throw new UsageError(`"${name}": start must be 1 (far) or 2 (near), got ${start}`);
    const formula = nistFormulas[argument]!;
    const { starts, certified, squares, level, y, x } = nistData(argument);
    const parameters = certified.map((_, j) => `b${j + 1}`);
    const variables = x.length === 1 ? ['x'] : x.map((_, j) => `x${j + 1}`);
    // One predictor as a vector, several as columns.
    const points = constant(x.length === 1 ? [...x[0]!] : x[0]!.map((_, i) => x.map((c) => c[i]!)), 'f64');
    const observed = constant([...y], 'f64');
    return vectorProblem({
      ...{ name, title: `${argument} (NIST StRD)`, kind: 'least squares' },
      // The reader of formulas is large: it is loaded by the runs that need it.
      later: {
        size: y.length,
        f: async () => {
          const { expressionModel } = await import('osculate/fit/expression');
          const model = expressionModel(formula, { parameters, variables });
          const each = (b: Tensor) => certified.map((_, j) => b.slice([j], [j + 1]).reshape([]));
          return (b) => model(points, each(b)).sub(observed);
        },
      },
      description: `Fit of y = ${formula} to ${y.length} points, ${certified.length} parameters, from NIST’s start ${start}.`,
      difficulty: `NIST: ${level.toLowerCase()} level of difficulty; parameters differ by orders of magnitude`,
      start: starts[start - 1]!,
      minimum: { f: squares < exactFit ? 0 : squares, source: 'certified by NIST to 11 digits' },
      gap: squares < exactFit ? 1e-12 : 1e-6 * squares,
      optimizers: ['levenberg-marquardt', 'gauss-newton', 'trust-region', 'bfgs', 'adam:learningRate=0.05'],
    });
  },
};

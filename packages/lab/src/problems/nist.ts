import { constant, type Tensor } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import { nistData } from './nist/data.js';
import { nistFormulas } from './nist/formulas.js';
import type { Family } from './problem.js';
import { vectorProblem } from './vector-problem.js';

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

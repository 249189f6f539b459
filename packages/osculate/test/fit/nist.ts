import { nistData } from '../../../lab/src/problems/nist/data.js';
import { nistFormulas } from '../../../lab/src/problems/nist/formulas.js';
import { expressionModel } from '../../src/fit/expression.js';
import type { NumericModel, TracedModel } from '../../src/fit/index.js';
import { nistFunctions } from './nist-functions.js';

/** One data set of the NIST StRD collection of nonlinear regressions. */
export interface NistProblem {
  readonly name: string;
  /** The model from its formula, and the same as a function of plain numbers. */
  readonly traced: TracedModel;
  readonly numeric: NumericModel['model'];
  readonly starts: readonly (readonly number[])[];
  readonly certified: readonly number[];
  /** Certified standard deviations of the parameters. */
  readonly deviations: readonly number[];
  readonly y: Float64Array;
  /** One row a value of y. */
  readonly x: readonly Float64Array[];
}

function problem(name: string, formula: string): NistProblem {
  const { starts, certified, deviations, y, x } = nistData(name);
  const variables = x.length === 1 ? ['x'] : x.map((_, j) => `x${j + 1}`);
  return {
    name,
    traced: expressionModel(formula, { parameters: certified.map((_, j) => `b${j + 1}`), variables }),
    numeric: nistFunctions[name]!,
    ...{ starts, certified, deviations },
    y: Float64Array.from(y),
    x: y.map((_, i) => Float64Array.from(x, (column) => column[i]!)),
  };
}

export const nistProblems = (): readonly NistProblem[] =>
  Object.entries(nistFormulas).map(([name, formula]) => problem(name, formula));

/** Log relative error: correct digits of the worst parameter, at most the 11 that are certified. */
export function correctDigits(found: Float64Array, certified: readonly number[]): number {
  const digits = certified.map((c, j) => {
    const error = Math.abs(found[j]! - c) / Math.abs(c);
    return Number.isNaN(error) ? 0 : Math.min(11, Math.max(0, -Math.log10(error)));
  });
  return Math.min(...digits);
}

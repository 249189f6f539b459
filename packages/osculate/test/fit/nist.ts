import { sharedFile } from '../support/shared.js';
import { type NistModel, nistModels } from './nist-models.js';

/** One data set of the NIST StRD collection of nonlinear regressions. */
export interface NistProblem extends NistModel {
  readonly name: string;
  readonly starts: readonly (readonly number[])[];
  readonly certified: readonly number[];
  /** Certified standard deviations of the parameters. */
  readonly deviations: readonly number[];
  readonly y: Float64Array;
  /** One row a value of y. */
  readonly x: readonly Float64Array[];
}

function read(name: string, model: NistModel): NistProblem {
  const lines = new TextDecoder().decode(sharedFile(`nist/${name}.dat`)).split(/\r?\n/);
  const rows = lines.flatMap((line) => {
    const match = /^\s*b\d+ =\s+(.*)$/.exec(line);
    return match ? [match[1]!.trim().split(/\s+/).map(Number)] : [];
  });
  const header = lines.findLastIndex((line) => line.startsWith('Data:'));
  const data = lines.slice(header + 1).filter((line) => line.trim() !== '');
  const table = data.map((line) => line.trim().split(/\s+/).map(Number));
  const column = (j: number): number[] => rows.map((row) => row[j]!);
  return {
    name,
    ...model,
    starts: [column(0), column(1)],
    certified: column(2),
    deviations: column(3),
    // Nelson's model is one of log y.
    y: Float64Array.from(table, (row) => (name === 'Nelson' ? Math.log(row[0]!) : row[0]!)),
    x: table.map((row) => Float64Array.from(row.slice(1))),
  };
}

export const nistProblems = (): readonly NistProblem[] =>
  Object.entries(nistModels).map(([name, model]) => read(name, model));

/** Log relative error: correct digits of the worst parameter, at most the 11 that are certified. */
export function correctDigits(found: Float64Array, certified: readonly number[]): number {
  const digits = certified.map((c, j) => {
    const error = Math.abs(found[j]! - c) / Math.abs(c);
    return Number.isNaN(error) ? 0 : Math.min(11, Math.max(0, -Math.log10(error)));
  });
  return Math.min(...digits);
}

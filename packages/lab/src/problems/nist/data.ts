import { dataFile } from '../data-file.js';

export interface NistData {
  readonly starts: readonly [readonly number[], readonly number[]];
  readonly certified: readonly number[];
  /** Certified standard deviations of the parameters. */
  readonly deviations: readonly number[];
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
    deviations: column(3),
    squares: Number(find(/^Residual Sum of Squares:\s+(\S+)/)),
    level: find(/(Lower|Average|Higher) Level of Difficulty/),
    // Nelson's model is one of log y.
    y: table.map((row) => (name === 'Nelson' ? Math.log(row[0]!) : row[0]!)),
    x: predictors,
  };
}

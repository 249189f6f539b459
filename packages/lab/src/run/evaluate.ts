import { take } from 'osculate/data';
import { allRows, type Objective, type Vector } from 'osculate/objective';
import type { Executor } from 'osculate/runtime';
import { objectiveOn } from '../problems/objective-on.js';
import type { Examples, LoadedProblem, Measurement } from '../problems/problem.js';

/** Rows that curves are evaluated on: enough for a standard error well below the differences shown. */
const evaluatedRows = 2000;

interface Group {
  readonly objective: Objective;
  /** Measures over the same examples, which one program computes. */
  readonly measurements: Readonly<Record<string, Measurement>>;
}

function firstRows({ x, y }: Examples): Examples {
  const rows = allRows(Math.min(x.shape[0]!, evaluatedRows));
  return { x: take(x, rows), y: take(y, rows) };
}

/** Measures parameters on fixed rows, apart from the contestant's objective, so that its work and time are its own. */
export class Evaluator {
  private readonly groups: readonly Group[];

  constructor(problem: LoadedProblem, executor: Executor) {
    const { measurements } = problem;
    const sets = [...new Set(Object.values(measurements).map(({ examples }) => examples))];
    this.groups = sets.map((examples) => ({
      objective: objectiveOn(executor, problem, firstRows(examples)),
      measurements: Object.fromEntries(Object.entries(measurements).filter(([, m]) => m.examples === examples)),
    }));
  }

  /** All measures by key; null for what is not finite. */
  async evaluate(parameters: Vector): Promise<Record<string, number | null>> {
    const values: Record<string, number | null> = {};
    for (const { objective, measurements } of this.groups) {
      const entries = Object.entries(measurements);
      const means = await objective
        .at(parameters)
        .mean('evaluate', (batch) => Object.fromEntries(entries.map(([key, { value }]) => [key, value(batch)])));
      for (const [key, { finish }] of entries) {
        const [mean = Number.NaN] = means[key]!;
        const value = finish?.(mean) ?? mean;
        values[key] = Number.isFinite(value) ? value : null;
      }
    }
    return values;
  }
}

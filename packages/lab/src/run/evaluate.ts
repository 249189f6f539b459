import { take } from 'osculate/data';
import { allRows, type Objective, supervisedObjective, type Vector } from 'osculate/optim';
import type { Executor } from 'osculate/runtime';
import { leaves, type NDArray } from 'osculate/tensor';
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

  constructor({ model, loss, parameters, measurements }: LoadedProblem, executor: Executor) {
    const sets = [...new Set(Object.values(measurements).map(({ examples }) => examples))];
    this.groups = sets.map((examples) => ({
      objective: supervisedObjective({ executor, model, loss, parameters, ...firstRows(examples) }),
      measurements: Object.fromEntries(Object.entries(measurements).filter(([, m]) => m.examples === examples)),
    }));
  }

  private async means({ objective, measurements }: Group, parameters: Vector): Promise<Record<string, number>> {
    const sums: Record<string, number> = Object.fromEntries(Object.keys(measurements).map((key) => [key, 0]));
    const all = allRows(objective.rows) as Uint32Array;
    for (let from = 0; from < all.length; from += objective.chunk) {
      const rows = all.subarray(from, from + objective.chunk);
      const results: Record<string, NDArray> = await objective.run(
        'evaluate',
        (batch) => Object.fromEntries(Object.entries(measurements).map(([key, { value }]) => [key, value(batch)])),
        parameters,
        rows,
      );
      for (const key of Object.keys(sums)) sums[key]! += (Number(results[key]!.data[0]) * rows.length) / all.length;
    }
    return sums;
  }

  /** All measures by key; null for what is not finite. */
  async evaluate(parameters: Vector): Promise<Record<string, number | null>> {
    const values: Record<string, number | null> = {};
    for (const group of this.groups) {
      for (const [key, mean] of Object.entries(await this.means(group, parameters))) {
        const value = group.measurements[key]!.finish?.(mean) ?? mean;
        values[key] = Number.isFinite(value) ? value : null;
      }
    }
    return values;
  }
}

/** All parameters of a problem as one vector. */
export function flatParameters(objective: Objective, problem: LoadedProblem): Vector {
  return objective.layout.gather(Object.fromEntries(leaves<NDArray>(problem.parameters)));
}

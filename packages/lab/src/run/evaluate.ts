import { take } from 'osculate/data';
import { allRows, type Objective, supervisedObjective, type Vector } from 'osculate/optim';
import type { Executor } from 'osculate/runtime';
import { leaves, type NDArray } from 'osculate/tensor';
import type { Examples, LoadedProblem } from '../problems/problem.js';

/** Rows that curves are evaluated on: enough for a standard error well below the differences shown. */
const evaluatedRows = 2000;

export interface Evaluation {
  readonly trainLoss: number;
  readonly testLoss: number;
  readonly trainError: number;
  readonly testError: number;
}

function firstRows({ x, y }: Examples, count: number): Examples {
  const rows = allRows(Math.min(count, x.shape[0]!));
  return { x: take(x, rows), y: take(y, rows) };
}

/** Measures parameters on fixed rows, apart from the contestant's objective, so that its work and time are its own. */
export class Evaluator {
  private readonly train: Objective;
  private readonly test: Objective;

  constructor(
    private readonly problem: LoadedProblem,
    executor: Executor,
  ) {
    const { model, loss, parameters } = problem;
    const on = (examples: Examples): Objective =>
      supervisedObjective({ executor, model: model as never, loss, parameters, ...firstRows(examples, evaluatedRows) });
    this.train = on(problem.train);
    this.test = on(problem.test);
  }

  private async measure(objective: Objective, parameters: Vector): Promise<{ loss: number; error: number }> {
    let [loss, error] = [0, 0];
    const all = allRows(objective.rows) as Uint32Array;
    for (let from = 0; from < all.length; from += objective.chunk) {
      const rows = all.subarray(from, from + objective.chunk);
      const results: Record<string, NDArray> = await objective.run(
        'evaluate',
        (batch) => ({ loss: batch.loss, error: this.problem.error(batch.outputs, batch.y) }),
        parameters,
        rows,
      );
      loss += (Number(results.loss!.data[0]) * rows.length) / all.length;
      error += (Number(results.error!.data[0]) * rows.length) / all.length;
    }
    return { loss, error };
  }

  async evaluate(parameters: Vector): Promise<Evaluation> {
    const train = await this.measure(this.train, parameters);
    const test = await this.measure(this.test, parameters);
    return { trainLoss: train.loss, testLoss: test.loss, trainError: train.error, testError: test.error };
  }
}

/** All parameters of a problem as one vector. */
export function flatParameters(objective: Objective, problem: LoadedProblem): Vector {
  return objective.layout.gather(Object.fromEntries(leaves<NDArray>(problem.parameters)));
}

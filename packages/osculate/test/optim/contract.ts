import { describe, expect, it } from 'vitest';
import {
  allFinite,
  allRows,
  fromCheckpoint,
  functionObjective,
  type Optimizer,
  type OptimizerState,
  type TrainSnapshot,
  toCheckpoint,
  train,
} from '../../src/optim/index.js';
import { generator } from '../../src/tensor/index.js';
import { type SmallProblem, smallProblem } from './support.js';

/** A fresh optimizer for a problem: methods that need model and loss take them from it. */
export type Make<S extends OptimizerState> = (problem: SmallProblem) => Optimizer<S>;

export interface ContractOptions {
  /** Steps in which the loss of a linear least-squares problem falls to a third of its way to the minimum (default 30). */
  readonly steps?: number;
  /** True for methods that need the model of a supervised problem, and cannot minimise a plain function. */
  readonly supervisedOnly?: boolean;
}

async function run<S extends OptimizerState>(
  optimizer: Optimizer<S>,
  problem: SmallProblem,
  steps: number,
  resume?: TrainSnapshot<S>,
) {
  const { objective, start } = problem;
  const all = train({
    objective,
    optimizer,
    parameters: start,
    seed: 3,
    steps,
    patience: steps,
    ...(resume && { resume }),
  });
  for (;;) {
    const { done, value } = await all.next();
    if (done) return value.snapshot;
  }
}

/** The least value of the linear problem, by many steps of gradient descent. */
async function leastLoss({ objective, start }: SmallProblem): Promise<number> {
  const theta = start.slice();
  for (let k = 0; k < 2000; k++) {
    const { gradient } = await objective.valueAndGradient(theta, allRows(objective.rows));
    for (let i = 0; i < theta.length; i++) theta[i]! -= 0.3 * gradient[i]!;
  }
  return objective.value(theta, allRows(objective.rows));
}

/**
 * What every optimizer promises: `step` is pure and depends only on its arguments; the state survives a checkpoint, and a resumed
 * run makes the same steps; nothing that is not finite is stepped on; a convex problem gets better.
 */
export function optimizerContract<S extends OptimizerState>(make: Make<S>, options: ContractOptions = {}): void {
  const name = make(smallProblem()).name;
  describe(`${name}: contract of an optimizer`, () => {
    it('a step leaves its state alone and is a function of its arguments', async () => {
      const problem = smallProblem({ weightDecay: 0.01 });
      const optimizer = make(problem);
      const context = () => ({ objective: problem.objective, generator: generator(7) });
      const { state } = await optimizer.step(optimizer.init(problem.start.slice()), context());
      const copy = structuredClone(state);
      const first = await optimizer.step(state, context());
      expect(state).toEqual(copy);
      expect(await optimizer.step(state, context())).toEqual(first);
      expect(first.state.step).toBe(2);
    });

    it('is described by plain data', () => {
      const optimizer = make(smallProblem());
      expect(structuredClone(optimizer.settings)).toEqual(optimizer.settings);
      expect(JSON.parse(JSON.stringify(optimizer.settings))).toEqual(optimizer.settings);
    });

    it('resumes from a checkpoint as if it had never stopped', async () => {
      const straight = await run(make(smallProblem()), smallProblem(), 5);
      const problem = smallProblem();
      const half = await run(make(problem), problem, 2);
      const saved = structuredClone(toCheckpoint(half));
      const again = smallProblem();
      const optimizer = make(again);
      const resumed = await run(optimizer, again, 5, fromCheckpoint(saved, optimizer.init(again.start)));
      expect(resumed.state).toEqual(straight.state);
      expect(resumed.generator).toEqual(straight.generator);
    });

    it('rejects a step where the loss is not finite, and says so', async () => {
      const problem = smallProblem({ poison: Number.NaN });
      const optimizer = make(problem);
      const before = optimizer.init(problem.start.slice());
      const { state, report } = await optimizer.step(before, { objective: problem.objective, generator: generator(1) });
      expect(report.accepted).toBe(false);
      expect(state.parameters).toEqual(problem.start);
      expect(state.step).toBe(1);
    });

    it('gets better on a convex problem', async () => {
      const problem = smallProblem({ linear: true });
      const value = (theta: SmallProblem['start']) => problem.objective.value(theta, allRows(problem.objective.rows));
      const [start, least] = [await value(problem.start), await leastLoss(problem)];
      const { state } = await run(make(problem), problem, options.steps ?? 30);
      expect((await value(state.parameters)) - least).toBeLessThan((start - least) / 3);
    });

    if (options.supervisedOnly) return;
    it('never leaves the domain of a function', async () => {
      // Newton's step from 10 leads to −80, where the logarithm is not a number.
      const start = Float64Array.of(10, 0.5, 3);
      const objective = functionObjective((x) => x.sub(x.log()).sum(), start);
      const optimizer = make(smallProblem());
      let state = optimizer.init(start.slice());
      for (let k = 0; k < 5; k++) {
        ({ state } = await optimizer.step(state, { objective, generator: generator(k) }));
        expect(allFinite(state.parameters)).toBe(true);
        expect(await objective.value(state.parameters, [0])).toSatisfy(Number.isFinite);
      }
    });
  });
}

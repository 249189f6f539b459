import { describe, expect, it } from 'vitest';
import { allRows, functionObjective } from '../../src/objective/index.js';
import {
  fromCheckpoint,
  type Optimizer,
  type OptimizerState,
  type TrainSnapshot,
  toCheckpoint,
  train,
} from '../../src/optim/index.js';
import { generator } from '../../src/tensor/index.js';
import { type SmallProblem, smallProblem } from '../objective/support.js';

export interface ContractOptions {
  /** Steps in which the loss of a linear least-squares problem falls to a third of its way to the minimum (default 30). */
  readonly steps?: number;
  /** True for methods that make no step where the matrix is singular, as with a parameter that the loss does not reach. */
  readonly definite?: boolean;
  /** True for methods that need the outputs or residuals of a model, and cannot minimise a plain function. */
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
 * run makes the same steps; nothing that is not finite is stepped on; a convex problem gets better; a
 * parameter that the loss does not reach is left alone.
 */
export function optimizerContract<S extends OptimizerState>(
  make: () => Optimizer<S>,
  options: ContractOptions = {},
): void {
  const name = make().name;
  describe(`${name}: contract of an optimizer`, () => {
    it('a step leaves its state alone and is a function of its arguments', async () => {
      const problem = smallProblem({ weightDecay: 0.01 });
      const optimizer = make();
      const context = () => ({ objective: problem.objective, generator: generator(7) });
      const { state } = await optimizer.step(optimizer.init(problem.objective, problem.start.slice()), context());
      const copy = structuredClone(state);
      const first = await optimizer.step(state, context());
      expect(state).toEqual(copy);
      expect(await optimizer.step(state, context())).toEqual(first);
      expect(first.state.step).toBe(2);
    });

    it('is described by plain data', () => {
      const optimizer = make();
      expect(structuredClone(optimizer.settings)).toEqual(optimizer.settings);
      expect(JSON.parse(JSON.stringify(optimizer.settings))).toEqual(optimizer.settings);
    });

    it('resumes from a checkpoint as if it had never stopped', async () => {
      const straight = await run(make(), smallProblem(), 5);
      const problem = smallProblem();
      const half = await run(make(), problem, 2);
      const saved = structuredClone(toCheckpoint(half));
      const again = smallProblem();
      const optimizer = make();
      const resumed = await run(
        optimizer,
        again,
        5,
        fromCheckpoint(saved, optimizer.init(again.objective, again.start)),
      );
      expect(resumed.state).toEqual(straight.state);
      expect(resumed.generator).toEqual(straight.generator);
    });

    it('rejects a step where the loss is not finite, and says so', async () => {
      const problem = smallProblem({ poison: Number.NaN });
      const optimizer = make();
      const before = optimizer.init(problem.objective, problem.start.slice());
      const { state, report } = await optimizer.step(before, { objective: problem.objective, generator: generator(1) });
      expect(report.accepted).toBe(false);
      expect(state.parameters).toEqual(problem.start);
      expect(state.step).toBe(1);
    });

    it('leaves a parameter alone that the loss does not reach', async () => {
      const problem = smallProblem({ idle: true });
      const { objective, start } = problem;
      const optimizer = make();
      const { state, rejectedSteps } = await run(optimizer, problem, 2);
      expect(rejectedSteps).toBe(options.definite ? 2 : 0);
      const [before, after] = [
        await objective.value(start, allRows(24)),
        await objective.value(state.parameters, allRows(24)),
      ];
      if (!options.definite) expect(after).not.toBe(before);
      const { offset } = objective.layout.slots.at(-1)!;
      const [idle, first] = [state.parameters.subarray(offset), start.subarray(offset)];
      if (Number(optimizer.settings.weightDecay ?? 0) === 0) expect(idle).toEqual(first);
      else idle.forEach((v, i) => void expect(v / first[i]!).toBeCloseTo(1, 2));
    });

    it('gets better on a convex problem', async () => {
      const problem = smallProblem({ linear: true });
      const value = (theta: SmallProblem['start']) => problem.objective.value(theta, allRows(problem.objective.rows));
      const [start, least] = [await value(problem.start), await leastLoss(problem)];
      const { state } = await run(make(), problem, options.steps ?? 30);
      expect((await value(state.parameters)) - least).toBeLessThan((start - least) / 3);
    });

    if (options.supervisedOnly) return;
    it('never leaves the domain of a function', async () => {
      // Newton's step from 10 leads to −80, where the logarithm is not a number.
      const start = Float64Array.of(10, 0.5, 3);
      const objective = functionObjective((x) => x.sub(x.log()).sum(), start);
      const optimizer = make();
      let state = optimizer.init(objective, start.slice());
      for (let k = 0; k < 5; k++) {
        ({ state } = await optimizer.step(state, { objective, generator: generator(k) }));
        expect(state.parameters.every(Number.isFinite)).toBe(true);
        expect(await objective.value(state.parameters, [0])).toSatisfy(Number.isFinite);
      }
    });
  });
}

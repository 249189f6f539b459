import { describe, expect, it } from 'vitest';
import { type Named, supervisedObjective } from '../../src/objective/index.js';
import { adam, kfac, lbfgs, multiBatchLbfgs, type Optimizer, train } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import type { Tensor, Tree } from '../../src/tensor/index.js';
import { delayed } from '../objective/delayed.js';
import { type SmallOptions, type SmallProblem, smallProblem } from '../objective/support.js';

/** The objective of a small problem on rows that come later, and what its source is asked for and told. */
function later({ loss, parameters, model, x, y }: SmallProblem, options: SmallOptions) {
  const { source, ...seen } = delayed({ x, y });
  const objective = supervisedObjective({
    ...{ executor: referenceExecutor(), loss, parameters, data: source, ...options },
    model: (weights: Tree<Tensor>, fields: Named<Tensor>) => model(weights, fields.x!),
  });
  return { objective, ...seen };
}

async function follow(objective: SmallProblem['objective'], start: SmallProblem['start'], optimizer: Optimizer) {
  const losses: number[] = [];
  const run = train({ objective, optimizer, parameters: start, seed: 4, steps: 8 });
  for (;;) {
    const { done, value } = await run.next();
    if (done) return { losses, state: value.snapshot.state, generator: value.snapshot.generator };
    losses.push(value.event.loss);
  }
}

const makers: Readonly<Record<string, () => Optimizer>> = {
  adam: () => adam({ batchSize: 10, learningRate: 0.05 }),
  'K-FAC': () => kfac({ batchSize: 12, factorRows: 8, modelRows: 6, damping: 1 }),
  'L-BFGS': () => lbfgs(),
  'multi-batch L-BFGS': () => multiBatchLbfgs({ batchSize: 12, overlap: 0.25 }),
};

describe('an objective on a source that answers later', () => {
  it.each(Object.keys(makers))('has the steps of one in memory, bit for bit: %s', async (name) => {
    const options = { weightDecay: 0.02, chunk: 7 };
    const problem = smallProblem(options);
    const inMemory = await follow(problem.objective, problem.start, makers[name]!());
    const { objective } = later(problem, options);
    expect(await follow(objective, problem.start, makers[name]!())).toEqual(inMemory);
    expect(inMemory.losses.at(-1)).toBeLessThan(inMemory.losses[0]!);
  });

  it('is told the rows of the next step while one is made', async () => {
    const problem = smallProblem();
    const { objective, read, expected } = later(problem, {});
    await follow(objective, problem.start, makers.adam!());
    expect(read).toHaveLength(8);
    expect(expected.slice(0, 7)).toEqual(read.slice(1));
  });
});

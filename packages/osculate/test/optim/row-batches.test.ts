import { describe, expect, it } from 'vitest';
import { allRows } from '../../src/objective/index.js';
import {
  adaptiveCubicLanczos,
  gaussNewtonCg,
  gaussNewtonLsmr,
  levenbergMarquardt,
  levenbergMarquardtLsmr,
  naturalGradient,
  newtonCg,
  type Optimizer,
  saddleFreeKrylov,
  trustRegionNewtonCg,
} from '../../src/optim/index.js';
import { inRowBatches, type RowBatchOptions } from '../../src/optim/newton/parts/row-batches.js';
import { generator, InputError } from '../../src/tensor/index.js';
import { smallProblem } from '../objective/support.js';

const methods: Readonly<Record<string, (options: RowBatchOptions) => Optimizer>> = {
  newtonCg,
  gaussNewtonCg,
  gaussNewtonLsmr,
  levenbergMarquardt,
  levenbergMarquardtLsmr,
  naturalGradient,
  trustRegionNewtonCg,
  adaptiveCubicLanczos,
  saddleFreeKrylov,
};
const names = Object.keys(methods);

describe('mini-batches of Newton methods', () => {
  it.each(names)('%s lowers the loss of all rows to a half in 30 steps of 60 of 240 rows', async (name) => {
    const { objective, start } = smallProblem({ rows: 240, chunk: 50 });
    const optimizer = methods[name]!({ batchSize: 60 });
    const [rows, random] = [allRows(240), generator(1)];
    let state = optimizer.init(objective, start);
    for (let k = 0; k < 30; k++) {
      const result = await optimizer.step(state, { objective, generator: random });
      expect(result.report.gradientNorm).toBeUndefined();
      state = result.state;
    }
    expect(await objective.value(state.parameters, rows)).toBeLessThan(0.5 * (await objective.value(start, rows)));
    expect(optimizer.settings.batchSize).toBe(60);
  });

  it.each(names)('%s looks at the drawn rows only', async (name) => {
    const { objective, start } = smallProblem({ rows: 40 });
    const optimizer = methods[name]!({ batchSize: 20 });
    const drawn = generator(6).sample(40, 20);
    const { report } = await optimizer.step(optimizer.init(objective, start), { objective, generator: generator(6) });
    expect(report.loss).toBeCloseTo(await objective.value(start, drawn), 12);
  });

  it.each(names)('%s with as many rows as there are is the method without batches', async (name) => {
    const { objective, start } = smallProblem();
    const step = (options: RowBatchOptions) => {
      const optimizer = methods[name]!(options);
      return optimizer.step(optimizer.init(objective, start), { objective, generator: generator(2) });
    };
    expect(await step({ batchSize: 24 })).toEqual(await step({}));
  });

  it.each(names)('%s refuses a batch of 0 or 2.5 rows', (name) => {
    for (const batchSize of [0, 2.5]) {
      expect(() => methods[name]!({ batchSize })).toThrow(InputError);
      expect(() => methods[name]!({ batchSize })).toThrow(/batchSize must be an integer ≥ 1/);
    }
  });

  it('keep the state when a batch has no step to offer, and go on', async () => {
    // Zero weights fit zero targets: nothing is to be gained on any batch.
    const problem = smallProblem({ linear: true });
    (problem.y.data as Float64Array).fill(0);
    const start = problem.start.map(() => 0);
    const optimizer = levenbergMarquardt({ batchSize: 8 });
    const before = { ...optimizer.init(problem.objective, start), region: 0.25 };
    const context = { objective: problem.objective, generator: generator(3) };
    const { state, report } = await optimizer.step(before, context);
    expect(report).toMatchObject({ accepted: false });
    expect(report.stop).toBeUndefined();
    expect(state).toEqual({ ...before, step: 1 });
  });

  it('end a run where the objective is not finite', async () => {
    const { objective, start } = smallProblem({ poison: Number.NaN });
    const optimizer = newtonCg({ batchSize: 23 });
    // One row of 24 is left out; this draw has the poisoned one.
    const seed = [0, 1, 2, 3].find((s) => generator(s).sample(24, 23).includes(0))!;
    const { report } = await optimizer.step(optimizer.init(objective, start), {
      objective,
      generator: generator(seed),
    });
    expect(report.stop).toBe('diverged');
  });

  it('leaves an optimizer as it is without a batch size', () => {
    const optimizer = newtonCg();
    expect(inRowBatches(optimizer)).toBe(optimizer);
  });
});

import { describe, expect, it } from 'vitest';
import { supervisedObjective } from '../../src/objective/index.js';
import {
  ekfac,
  fromCheckpoint,
  type KfacOptions,
  kfac,
  type Optimizer,
  toCheckpoint,
  train,
} from '../../src/optim/index.js';
import type { EkfacState } from '../../src/optim/kronecker/ekfac.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, ndarray, type Tensor, type TensorsOf } from '../../src/tensor/index.js';
import { dot, type SmallOptions, smallProblem } from '../objective/support.js';

function make(options: Partial<KfacOptions> = {}, small: SmallOptions = {}) {
  const problem = smallProblem(small);
  return { ...problem, optimizer: ekfac({ batchSize: 24, factorRows: 24, modelRows: 24, ...options }) };
}

describe('EKFAC', () => {
  it('is Newton on a linear layer: one step reaches the least-squares solution', async () => {
    const { objective, start, optimizer } = make(
      { damping: 1e-10, estimate: 'exact', dampingEvery: 0 },
      { linear: true },
    );
    const rows = Uint32Array.from({ length: objective.rows }, (_, i) => i);
    const { state, report } = await optimizer.step(optimizer.init(objective, start), {
      objective,
      generator: generator(1),
    });
    const { gradient } = await objective.valueAndGradient(start, rows);
    const after = await objective.valueAndGradient(state.parameters, rows);
    expect(report.accepted).toBe(true);
    expect(report.details.alpha).toBeCloseTo(1, 4);
    expect(Math.sqrt(dot(after.gradient, after.gradient) / dot(gradient, gradient))).toBeLessThan(1e-4);
  });

  it('trains, and goes on from a checkpoint as if it had not been interrupted', async () => {
    const { objective, start, optimizer } = make({ damping: 1, batchSize: 20, factorRows: 20, inverseEvery: 6 });
    const run = async (options: object, steps: number) => {
      const stream = train<EkfacState>({ objective, optimizer, parameters: start, seed: 3, steps, ...options });
      const losses: number[] = [];
      for (;;) {
        const { done, value } = await stream.next();
        if (done) return { losses, snapshot: value.snapshot };
        losses.push(value.event.loss);
      }
    };
    const whole = await run({}, 40);
    expect(whole.losses.at(-1)!).toBeLessThan(0.1 * whole.losses[0]!);
    const half = await run({}, 15);
    const resume = fromCheckpoint(toCheckpoint(half.snapshot), optimizer.init(objective, start));
    expect((await run({ resume }, 40)).snapshot.state).toEqual(whole.snapshot.state);
  });

  it('is K-FAC for a model without matrices', async () => {
    const { loss, x, y } = smallProblem();
    const parameters = { gain: ndarray('f64', [1, 0.5, -1]), shift: ndarray('f64', [0.2, 0, 0.1]) };
    const model = ({ gain, shift }: TensorsOf<typeof parameters>, x: Tensor): Tensor =>
      x.mul(gain).add(shift).tanh().slice([0, 0], [x.shape[0]!, 2]);
    const objective = supervisedObjective({ executor: referenceExecutor(), model, loss, parameters, x, y });
    const start = objective.layout.flat(parameters);
    const options = { batchSize: 24, factorRows: 24, modelRows: 24, damping: 1 };
    const ends = [];
    for (const optimizer of [ekfac(options), kfac(options)] satisfies Optimizer[]) {
      const random = generator(2);
      let state = optimizer.init(objective, start);
      for (let k = 0; k < 5; k++) ({ state } = await optimizer.step(state, { objective, generator: random }));
      ends.push(state.parameters);
    }
    expect(ends[0]).toEqual(ends[1]);
    expect(ends[0]).not.toEqual(start);
  });

  it('forgets averages that are not finite when it starts them again', async () => {
    const { objective, start, optimizer } = make({ damping: 1 });
    const fresh = optimizer.init(objective, start);
    const spoilt = (v: EkfacState['moments']) => v.map(() => Number.NaN) as EkfacState['moments'];
    const state = { ...fresh, factors: spoilt(fresh.factors), moments: spoilt(fresh.moments) };
    const after = await optimizer.step(state, { objective, generator: generator(1) });
    expect(after.report.accepted).toBe(true);
    expect(after.state.moments.every(Number.isFinite)).toBe(true);
  });

  it('names itself where an option is wrong', () => {
    expect(() => make({ inverseEvery: 0 })).toThrow('ekfac: inverseEvery must be an integer ≥ 1, got 0');
  });

  it('makes the same step on an objective that K-FAC and another EKFAC have used', async () => {
    const alone = make({ damping: 1 });
    const shared = make({ damping: 1 });
    const step = async ({ objective, start }: typeof alone, optimizer: Optimizer) =>
      (await optimizer.step(optimizer.init(objective, start.slice()), { objective, generator: generator(1) })).state;
    const rows = { batchSize: 24, factorRows: 24, modelRows: 24 };
    await step(shared, kfac({ damping: 1, ...rows }));
    await step(shared, ekfac({ damping: 1, ...rows, estimate: 'empirical' }));
    const found = await step(shared, shared.optimizer);
    expect(found).toEqual(await step(alone, alone.optimizer));
  });

  it('rejects what is not finite', async () => {
    const good = make({ damping: 1 });
    const { state } = await good.optimizer.step(good.optimizer.init(good.objective, good.start), {
      objective: good.objective,
      generator: generator(1),
    });
    const { optimizer, objective } = make({ damping: 1 }, { poison: Number.NaN });
    const refused = await optimizer.step(state, { objective, generator: generator(1) });
    expect(refused.report.accepted).toBe(false);
    refused.state.parameters.forEach((v, i) => void expect(v).toBeCloseTo(good.start[i]!, 12));
  });
});

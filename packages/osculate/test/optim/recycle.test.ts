import { describe, expect, it } from 'vitest';
import type { Objective, Vector } from '../../src/objective/index.js';
import {
  ekfac,
  kfac,
  type Optimizer,
  type OptimizerState,
  type TrainOptions,
  type TrainSnapshot,
  train,
} from '../../src/optim/index.js';
import { SpareVector } from '../../src/optim/optimizer.js';
import { type SmallOptions, smallProblem } from '../objective/support.js';
import { firstOrderMethods } from './methods.js';

interface Followed {
  /** The parameters after each step, as they were then. */
  readonly paths: readonly Vector[];
  readonly losses: readonly number[];
  /** Different vectors that the parameters were in. */
  readonly vectors: number;
  readonly snapshot: TrainSnapshot;
}

async function follow(options: TrainOptions<OptimizerState>): Promise<Followed> {
  const steps = train(options);
  const [paths, losses, vectors]: [Vector[], number[], Set<Vector>] = [[], [], new Set()];
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return { paths, losses, vectors: vectors.size, snapshot: value.snapshot };
    const { parameters, loss } = value.event;
    expect(value.snapshot().state.parameters).toBe(parameters);
    paths.push(parameters.slice());
    losses.push(loss);
    vectors.add(parameters);
  }
}

/** An objective whose loss at every fifth gradient is not a number: two steps are rejected in 12. */
function failing(objective: Objective): Objective {
  let calls = 0;
  const valueAndGradient: Objective['valueAndGradient'] = async (...given) => {
    const result = await objective.valueAndGradient(...given);
    calls++;
    return calls % 5 === 0 ? { ...result, value: Number.NaN } : result;
  };
  return Object.assign(Object.create(objective), { valueAndGradient }) as Objective;
}

const steps = 12;

type Maker = (more: object) => Optimizer;

const firstOrder = Object.entries(firstOrderMethods).map(([name, { make, rate }]): [string, Maker] => [
  name,
  (more) => make({ learningRate: rate, batchSize: 8, ...more }),
]);
const makers: Readonly<Record<string, Maker>> = {
  ...Object.fromEntries(firstOrder),
  kfac: () => kfac({ batchSize: 8, damping: 1 }),
  ekfac: () => ekfac({ batchSize: 8, damping: 1 }),
};

function base(name: string, options: SmallOptions & { fails?: boolean } = {}, more: object = {}) {
  const { objective, start } = smallProblem(options);
  const optimizer = makers[name]!(more);
  return { objective: options.fails ? failing(objective) : objective, optimizer, parameters: start, seed: 3, steps };
}

describe.each(Object.keys(makers))('a run of %s that recycles vectors', (name) => {
  it.each([
    ['', {}, {}],
    [' in several chunks', { chunk: 3 }, {}],
    [' with rejected steps', { fails: true }, {}],
    [' with all that options add', {}, { clipNorm: 0.1, weightDecay: 0.1, average: 0.9, groups: [{ names: /bias/ }] }],
  ] as const)('makes the steps of one that does not, bit for bit%s', async (_, options, more) => {
    const { vectors: made, ...plain } = await follow(base(name, options, more));
    const { vectors, ...recycled } = await follow({ ...base(name, options, more), recycle: true });
    const timeless = ({ snapshot: { state, generator, rejectedSteps } }: typeof plain) => ({
      ...{ state, generator, rejectedSteps },
    });
    expect([recycled.paths, recycled.losses]).toEqual([plain.paths, plain.losses]);
    expect(timeless(recycled)).toEqual(timeless(plain));
    expect(vectors).toBeLessThanOrEqual(made);
  });

  it('leaves the state from which it goes on as it is', async () => {
    const { snapshot } = await follow(base(name, { fails: true }));
    const before = structuredClone(snapshot);
    const fails = { ...base(name, { fails: true }), resume: snapshot, steps: 2 * steps, recycle: true };
    const onwards = await follow(fails);
    expect(onwards.paths).toHaveLength(steps);
    expect(snapshot).toEqual(before);
  });
});

describe('recycled vectors', () => {
  it('are two for the parameters of all steps', async () => {
    const counts = await Promise.all(
      ['sgd', 'nesterov', 'adam', 'adamW', 'rmsprop', 'adagrad', 'lion', 'heavyBall', 'kfac', 'ekfac'].map(
        async (name) => {
          const { vectors } = await follow({ ...base(name), recycle: true });
          return [name, vectors];
        },
      ),
    );
    for (const [name, vectors] of counts) expect([name, vectors]).toEqual([name, 2]);
    expect((await follow(base('adam'))).vectors).toBe(steps);
  });
});

describe('a spare vector', () => {
  it('is given once, and only in place of one of its kind', () => {
    const [spare, left] = [new SpareVector(), new Float32Array(3)];
    expect(spare.take(left)).toBeUndefined();
    spare.leave(left);
    expect(spare.take(new Float32Array(3))).toBe(left);
    expect(spare.take(new Float32Array(3))).toBeUndefined();
    for (const other of [new Float64Array(3), new Float32Array(4)]) {
      spare.leave(left);
      expect(spare.take(other)).toBeUndefined();
    }
  });
});

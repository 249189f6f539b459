import { describe, expect, it } from 'vitest';
import {
  adam,
  fromCheckpoint,
  hessianFree,
  type Optimizer,
  type OptimizerState,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  toCheckpoint,
  train,
} from '../../src/optim/index.js';
import { smallProblem } from '../objective/support.js';

const makers: Record<string, () => Optimizer> = {
  adam: () => adam({ batchSize: 8 }),
  'hessian-free': () => hessianFree({ curvatureRows: 12 }),
};

async function follow(
  options: TrainOptions<OptimizerState>,
): Promise<{ events: TrainEvent[]; result: TrainResult<OptimizerState> }> {
  const steps = train(options);
  const events: TrainEvent[] = [];
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return { events, result: value };
    events.push(value.event);
  }
}

const base = (name: string, steps: number) => {
  const { objective, start } = smallProblem();
  return { objective, optimizer: makers[name]!(), parameters: start, seed: 3, steps };
};

describe.each(Object.keys(makers))('a run of %s', (name) => {
  it('that goes on from a checkpoint makes the same steps as one in one piece', async () => {
    const whole = await follow(base(name, 6));
    const first = await follow(base(name, 3));
    const stored = toCheckpoint(first.result.snapshot);
    const second = base(name, 6);
    const like = second.optimizer.init(second.objective, second.parameters);
    const rest = await follow({ ...second, resume: fromCheckpoint(structuredClone(stored), like) });
    const strip = (events: TrainEvent[]) => events.map(({ seconds: _, gradientEquivalents, ...event }) => event);
    expect(strip([...first.events, ...rest.events])).toEqual(strip(whole.events));
    const work = (events: TrainEvent[]) => events.at(-1)!.gradientEquivalents;
    expect(work(rest.events)).toBeCloseTo(work(whole.events), 10);
    expect(rest.events[0]!.seconds).toBeGreaterThan(first.events.at(-1)!.seconds);
  });
});

describe('train', () => {
  it('spends its budget of time on steps alone', async () => {
    let now = 0;
    const clock = () => {
      now += 500;
      return now;
    };
    const { events, result } = await follow({ ...base('adam', 100), seconds: 2, clock });
    expect(result.reason).toBe('budget');
    expect(events.map((e) => e.seconds)).toEqual([0.5, 1, 1.5, 2]);
  });

  it('stops when it is cancelled, and when steps keep being rejected', async () => {
    const cancelled = await follow({ ...base('adam', 100), signal: AbortSignal.abort() });
    expect([cancelled.events.length, cancelled.result.reason]).toEqual([0, 'cancelled']);
    const { objective, start } = smallProblem({ poison: Number.POSITIVE_INFINITY });
    const options = { objective, parameters: start, optimizer: adam(), seed: 0, patience: 4 };
    const diverged = await follow(options);
    expect([diverged.events.length, diverged.result.reason]).toEqual([4, 'diverged']);
    expect(diverged.result.snapshot).toMatchObject({ rejected: 4, rejectedSteps: 4, nonFiniteSteps: 4 });
    const { snapshot: resume } = diverged.result;
    const more = await follow({ ...options, resume, patience: 6 });
    expect(more.result.snapshot).toMatchObject({ rejected: 6, rejectedSteps: 6, nonFiniteSteps: 6 });
  });
});

describe('checkpoints', () => {
  const like = { parameters: new Float64Array(2), step: 0 };
  const snapshot = {
    state: like,
    generator: [1, 2, 3, 4] as const,
    seconds: 1,
    gradientEquivalents: 2,
    rejected: 0,
    rejectedSteps: 3,
    nonFiniteSteps: 2,
  };
  const good = toCheckpoint(snapshot);

  it('come back equal', () => expect(fromCheckpoint(good, like)).toEqual(snapshot));

  it('of before rejectedSteps were counted have none', () => {
    const progress = JSON.stringify({ generator: [1, 2, 3, 4], seconds: 1, gradientEquivalents: 2, rejected: 0 });
    const found = fromCheckpoint({ ...good, metadata: { ...good.metadata, progress } }, like);
    expect(found).toEqual({ ...snapshot, rejectedSteps: 0, nonFiniteSteps: 0 });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'come back with the value %d of a run that diverged',
    (value) => {
      const state = { ...like, value };
      const stored = JSON.parse(JSON.stringify(toCheckpoint({ ...snapshot, state }).metadata)) as typeof good.metadata;
      expect(fromCheckpoint({ ...good, metadata: stored }, { ...like, value: 0 }).state).toEqual(state);
    },
  );

  it.each([
    ['another kind', { ...good, metadata: {} }, like, /not a file of kind/],
    [
      'another model',
      good,
      { ...like, parameters: new Float64Array(3) },
      /"state\.parameters" is f64 \[2\].*f64 \[3\]/,
    ],
    ['another dtype', good, { ...like, parameters: new Float32Array(2) }, /need f32 \[2\]/],
    ['another optimizer', good, { ...like, first: new Float64Array(2) }, /"state\.first" is missing/],
    ['a missing number', good, { ...like, damping: 1 }, /"damping" of the state is missing/],
    ['broken JSON', { ...good, metadata: { ...good.metadata, state: '{' } }, like, /"state".*not a JSON object/],
    ['no progress', { ...good, metadata: { ...good.metadata, progress: '{}' } }, like, /"progress".*incomplete/],
  ])('of %s are refused', (_, data, state, message) => {
    expect(() => fromCheckpoint(data as typeof good, state as typeof like)).toThrow(message);
  });
});

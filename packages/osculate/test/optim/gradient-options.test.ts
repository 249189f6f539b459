import { describe, expect, it } from 'vitest';
import {
  adamW,
  constantRate,
  cosine,
  fromCheckpoint,
  muon,
  type Optimizer,
  type Schedule,
  sgd,
  shampoo,
  soap,
  sophiaH,
  stepDecay,
  toCheckpoint,
  warmUp,
  warmUpStableDecay,
} from '../../src/optim/index.js';
import { generator, InputError } from '../../src/tensor/index.js';
import { relativeError, smallProblem } from '../objective/support.js';

const factors = (schedule: Schedule, steps: number) => Array.from({ length: steps }, (_, i) => schedule.factor(i + 1));

describe('schedules', () => {
  it.each<[Schedule, number[]]>([
    [constantRate(), [1, 1, 1]],
    [warmUp(4, constantRate()), [0.25, 0.5, 0.75, 1, 1]],
    [warmUp(2, stepDecay(1, 0.5)), [0.5, 1, 1, 0.5, 0.25]],
    [warmUp(0, stepDecay(1, 0.5)), [1, 0.5]],
    [cosine(4), [1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2, 0, 0, 0]],
    [cosine(2, 0.5), [1, 0.75, 0.5, 0.5]],
    [stepDecay(2, 0.1), [1, 1, 0.1, 0.1, 0.01]],
    [warmUpStableDecay({ warmUp: 2, stable: 2, decay: 2 }), [0.5, 1, 1, 1, 0.5, 0, 0]],
    [warmUpStableDecay({ warmUp: 0, stable: 1, decay: 4, end: 0.2 }), [1, 0.8, 0.6, 0.4, 0.2, 0.2]],
  ])('%o', (schedule, expected) => {
    factors(schedule, expected.length).forEach((f, i) => {
      expect(f).toBeCloseTo(expected[i]!, 14);
    });
  });

  it.each<[string, () => Schedule, RegExp]>([
    ['warmUp', () => warmUp(1.5, constantRate()), /warmUp: steps must be an integer ≥ 0, got 1.5/],
    ['cosine', () => cosine(0), /integer ≥ 1, got 0/],
    ['cosine end', () => cosine(1, 2), /cosine: end must be a number from 0 to 1, got 2/],
    ['stepDecay', () => stepDecay(2, Number.NaN), /stepDecay: decay must be a number from 0 to 1, got NaN/],
    ['warmUpStableDecay', () => warmUpStableDecay({ warmUp: -1, stable: 1, decay: 1 }), /got -1/],
  ])('refuse bad %s', (_, make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});

async function path(optimizer: Optimizer, steps: number) {
  const { objective, start } = smallProblem();
  const states = [optimizer.init(objective, start)];
  for (let k = 0; k < steps; k++) {
    states.push((await optimizer.step(states[k]!, { objective, generator: generator(0) })).state);
  }
  return states;
}

describe('options of every gradient method', () => {
  it('counts updates, not steps, in the schedule', async () => {
    const optimizer = sgd({ schedule: { name: 'first', factor: (s) => (s === 1 ? 1 : 0) } });
    const { objective, start } = smallProblem();
    const bad = smallProblem({ poison: Number.NaN }).objective;
    const { state } = await optimizer.step(optimizer.init(objective, start), {
      objective: bad,
      generator: generator(0),
    });
    const { state: next } = await optimizer.step(state, { objective, generator: generator(0) });
    expect(next.parameters).not.toEqual(start);
    const { state: last } = await optimizer.step(next, { objective, generator: generator(0) });
    expect(last.parameters).toEqual(next.parameters);
  });

  it('gives groups their own learning rates and decays, the first group that matches', async () => {
    const groups = [
      { names: /bias$/, learningRate: 0 },
      { names: /^2\./, learningRate: 0.5, weightDecay: 0 },
    ];
    const { objective, start } = smallProblem();
    const optimizer = sgd({ learningRate: 0.1, weightDecay: 0.2, groups, batchSize: 100 });
    const { state } = await optimizer.step(optimizer.init(objective, start), { objective, generator: generator(0) });
    const { gradient } = await objective.valueAndGradient(
      start,
      Uint32Array.from({ length: 24 }, (_, i) => i),
    );
    const expected = start.slice();
    for (const { name, offset, size } of objective.layout.slots) {
      const [rate, decay] = name.endsWith('bias') ? [0, 0] : name === '2.weight' ? [0.5, 0] : [0.1, 0.2];
      for (let i = offset; i < offset + size; i++) expected[i] = start[i]! - rate * (gradient[i]! + decay * start[i]!);
    }
    expect(relativeError(state.parameters, expected)).toBeLessThan(1e-14);
  });

  it('refuses a group that no parameter belongs to, naming the parameters', async () => {
    const optimizer = sgd({ groups: [{ names: /gain/, learningRate: 1 }] });
    await expect(path(optimizer, 1)).rejects.toThrow(/group 0, \/gain\/; the names are 0\.weight, 0\.bias/);
  });

  it('applies a group whose pattern has the flag g to every parameter that it matches', async () => {
    const frozen = sgd({ groups: [{ names: /./g, learningRate: 0 }], learningRate: 1 });
    const [before, after] = await path(frozen, 1);
    expect(after!.parameters).toEqual(before!.parameters);
  });

  it('leaves a gradient alone that is shorter than the clipping norm', async () => {
    const [, free] = await path(sgd(), 1);
    const [, long] = await path(sgd({ clipNorm: 1e3 }), 1);
    expect(long!.parameters).toEqual(free!.parameters);
  });

  it('keeps the moving average of the weights, through a checkpoint', async () => {
    const optimizer = adamW({ learningRate: 0.05, average: 0.75 });
    const states = await path(optimizer, 5);
    let expected = Array.from(states[0]!.parameters);
    for (const { parameters } of states.slice(1)) expected = expected.map((a, i) => 0.75 * a + 0.25 * parameters[i]!);
    const state = states.at(-1)! as (typeof states)[0] & { average: Float64Array };
    expect(relativeError(state.average, expected)).toBeLessThan(1e-14);
    const snapshot = {
      state,
      generator: [1, 2, 3, 4] as const,
      seconds: 1,
      gradientEquivalents: 2,
      rejected: 0,
      rejectedSteps: 0,
      nonFiniteSteps: 0,
    };
    expect(fromCheckpoint(toCheckpoint(snapshot), states[0]!).state).toEqual(state);
  });

  it.each<[() => unknown, RegExp]>([
    [() => sgd({ learningRate: Number.NaN }), /SGD: learningRate must be a finite number ≥ 0, got NaN/],
    [() => adamW({ weightDecay: -1 }), /AdamW: weightDecay must be a finite number ≥ 0, got -1/],
    [() => sgd({ clipNorm: 0 }), /clipNorm must be a number > 0, got 0/],
    [() => sgd({ batchSize: 0 }), /batchSize must be a number > 0, got 0/],
    [() => sgd({ average: 1 }), /average must be a number from 0 to below 1, got 1/],
    [() => sophiaH({ interval: 0 }), /Sophia-H: interval must be an integer ≥ 1, got 0/],
    [() => sophiaH({ betas: [0.9, 2] }), /beta2 must be a number from 0 to 1, got 2/],
    [() => shampoo({ blockSize: 1.5 }), /Shampoo: blockSize must be an integer ≥ 1, got 1.5/],
    [() => soap({ interval: 0 }), /SOAP: interval must be an integer ≥ 1, got 0/],
    [() => muon({ momentum: 1 }), /Muon: momentum must be a number from 0 to below 1, got 1/],
  ])('refuses what makes no sense: %s', (make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });

  it('lists what was chosen in the settings', () => {
    const { settings } = adamW({ schedule: cosine(9), clipNorm: 2, average: 0.5, groups: [{ names: /bias/ }] });
    expect(settings).toEqual({
      ...{ learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, batchSize: 128, weightDecay: 0.01 },
      ...{ schedule: 'cosine(9, 0)', clipNorm: 2, average: 0.5, groups: '/bias/' },
    });
  });
});

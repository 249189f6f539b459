import { describe, expect, it } from 'vitest';
import type { Objective, Vector } from '../../src/objective/index.js';
import { ekfac, kfac, minimize, type Optimizer } from '../../src/optim/index.js';
import type { KfacState } from '../../src/optim/kronecker/options.js';
import { generator } from '../../src/tensor/index.js';
import { smallProblem } from '../objective/support.js';

const ROWS = 24;
const all = Uint32Array.from({ length: ROWS }, (_, i) => i);
const methods = { kfac, ekfac } as const;
const names = Object.keys(methods) as (keyof typeof methods)[];
const make = (name: keyof typeof methods, more: object = {}): Optimizer<KfacState> =>
  methods[name]({ batchSize: ROWS, factorRows: ROWS, modelRows: ROWS, damping: 1e-3, ...more });

/** The objective with losses of its own beyond a distance from a point. */
function walled(objective: Objective, centre: Vector, radius: number, beyond: number): Objective {
  const far = (theta: Vector) => Math.hypot(...theta.map((v, i) => v - centre[i]!)) > radius;
  const spy = Object.create(objective) as Objective;
  spy.value = async (theta, rows) => (far(theta) ? beyond : objective.value(theta, rows));
  spy.valueAndGradient = async (theta, rows, into) => {
    const found = await objective.valueAndGradient(theta, rows, into);
    return far(theta) ? { ...found, value: beyond } : found;
  };
  return spy;
}

describe.each(names)('a step of %s', (name) => {
  describe.each([
    ['all rows', {}],
    ['a part of the rows', { batchSize: 12, factorRows: 12, modelRows: 6 }],
  ])('on %s', (_, rows) => {
    it.each([
      ['not finite', Number.NaN],
      ['infinite', Number.POSITIVE_INFINITY],
      ['much larger', 1e6],
    ])('is not made to where the loss is %s: it is tried again with λ raised by 4, 16, 64 …', async (__, beyond) => {
      const { objective, start } = smallProblem();
      const optimizer = make(name, { dampingEvery: 0, ...rows });
      const walls = walled(objective, start, 0.02, beyond);
      const { state, report } = await optimizer.step(optimizer.init(objective, start), {
        objective: walls,
        generator: generator(1),
      });
      const { rejected } = report.details;
      expect([report.accepted, rejected! > 0]).toEqual([true, true]);
      expect(state.damping).toBeCloseTo(1e-3 * 4 ** ((rejected! * (rejected! + 1)) / 2), 12);
      expect(await objective.value(state.parameters, all)).toBeLessThan(await objective.value(start, all));
      // It is the step that the λ makes that was found.
      const given = make(name, { ...rows, damping: state.damping, dampingEvery: 0 });
      const context = { objective, generator: generator(1) };
      const same = await given.step(given.init(objective, start), context);
      state.parameters.forEach((v, i) => void expect(v).toBeCloseTo(same.state.parameters[i]!, 9));
    });
  });

  it('is given up where nothing near is better, at the point where it was, with λ raised', async () => {
    const { objective, start } = smallProblem();
    const optimizer = make(name);
    const context = { objective: walled(objective, start, 0, Number.NaN), generator: generator(1) };
    const { state, report } = await optimizer.step(optimizer.init(objective, start), context);
    expect([report.accepted, report.nonFinite]).toEqual([false, true]);
    expect(state.parameters).toEqual(start);
    expect(state.damping).toBeGreaterThan(1e-3);
  });

  it('asks for one gradient of all rows where it sees them all, the one of the next step', async () => {
    const { objective, start } = smallProblem();
    let [gradients, values] = [0, 0];
    const spy = Object.create(objective) as Objective;
    spy.valueAndGradient = (...given) => {
      gradients++;
      return objective.valueAndGradient(...given);
    };
    spy.value = (...given) => {
      values++;
      return objective.value(...given);
    };
    const optimizer = make(name, { damping: 1 });
    let state = optimizer.init(objective, start);
    for (let k = 0; k < 10; k++) {
      ({ state } = await optimizer.step(state, { objective: spy, generator: generator(k) }));
    }
    expect([gradients, values]).toEqual([11, 0]);
  });

  it.each([1, 2, 3, 7])('never leaves the run at a worse point: %d steps', async (maxSteps) => {
    const { objective, start } = smallProblem();
    const walls = walled(objective, start, 0.3, Number.NaN);
    const seen: number[] = [];
    const found = await minimize(walls, start, {
      method: make(name, { damping: 1e-6 }),
      maxSteps,
      onStep: ({ f }) => void seen.push(f),
    });
    expect(found.f).toBeLessThan(Math.min(...seen));
    expect(seen.every(Number.isFinite)).toBe(true);
  });

  it('reports the sides that are held in blocks, once', async () => {
    const { objective, start } = smallProblem();
    const optimizer = make(name, { largestSide: 2 });
    const context = { objective, generator: generator(1) };
    const { state, report } = await optimizer.step(optimizer.init(objective, start), context);
    const blocks = (details: object) => Object.entries(details).filter(([key]) => key.startsWith('blocks'));
    // 3 inputs and 4 units, each with the 1 of a bias.
    expect(blocks(report.details)).toEqual([
      ['blocks of the inputs of 0.weight', 2],
      ['blocks of the outputs of 0.weight', 2],
      ['blocks of the inputs of 2.weight', 3],
    ]);
    expect(blocks((await optimizer.step(state, context)).report.details)).toEqual([]);
  });
});

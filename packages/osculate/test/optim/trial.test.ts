import { describe, expect, it } from 'vitest';
import { allRows, functionObjective } from '../../src/objective/index.js';
import { ekfac, heavyBall, kfac, nesterov, type Optimizer, type OptimizerState, sgd } from '../../src/optim/index.js';
import { bestByTrial } from '../../src/optim/search/trial.js';
import { generator } from '../../src/tensor/index.js';
import { smallProblem } from '../objective/support.js';

/** A measure with the values tried in order. */
function noted(measure: (value: number) => number) {
  const seen: number[] = [];
  const look = async (value: number): Promise<number> => {
    seen.push(value);
    return measure(value);
  };
  return { seen, look };
}

describe('a trial', () => {
  const valley = (at: number) => (value: number) => Math.abs(Math.log10(value / at));

  it.each([
    ['above the first', 100, [1, 10, 100, 1000]],
    ['below the first', 0.01, [1, 10, 0.1, 0.01, 0.001]],
    ['the first', 1, [1, 10, 0.1]],
  ])('finds the least measure %s', async (_, least, order) => {
    const { seen, look } = noted(valley(least));
    const found = await bestByTrial(1, look);
    expect(found?.value).toBeCloseTo(least, 12);
    expect(found?.tried).toBe(seen.length);
    seen.forEach((value, i) => void expect(value).toBeCloseTo(order[i]!, 12));
  });

  it('goes down past what is not finite', async () => {
    const found = await bestByTrial(1, async (value) => (value > 1e-3 ? Number.NaN : -value));
    expect(found?.value).toBeCloseTo(1e-3, 12);
  });

  it('is null where nothing is finite, and tries no more than it may', async () => {
    const { seen, look } = noted(() => Number.POSITIVE_INFINITY);
    expect(await bestByTrial(1, look, { most: 5 })).toBe(null);
    expect(seen).toHaveLength(5);
    const falling = noted((value) => -value);
    expect(await bestByTrial(1, falling.look, { most: 4, factor: 2 })).toEqual({ value: 8, tried: 4 });
  });

  it('takes the smallest value that is good enough', async () => {
    const { look } = noted(valley(100));
    const goodEnough = (measure: number, least: number): boolean => measure <= least + 1.5;
    expect((await bestByTrial(1, look, { goodEnough }))?.value).toBeCloseTo(10, 12);
    expect((await bestByTrial(1000, look, { goodEnough }))?.value).toBeCloseTo(10, 12);
  });
});

const first = async <S extends OptimizerState>(optimizer: Optimizer<S>, problem: ReturnType<typeof smallProblem>) => {
  const { objective, start } = problem;
  return optimizer.step(optimizer.init(objective, start.slice()), { objective, generator: generator(1) });
};

describe.each([
  ['sgd', sgd],
  ['heavyBall', heavyBall],
  ['nesterov', nesterov],
])('the learning rate that %s finds', (_, make) => {
  it.each([1, 1000])('follows the scale of the function: %d', async (scale) => {
    const start = Float64Array.of(3, -1);
    const objective = functionObjective((x) => x.square().sum().mul(scale), start);
    const optimizer = make();
    const run = async (steps: number) => {
      let state = optimizer.init(objective, start.slice());
      for (let k = 0; k < steps; k++) ({ state } = await optimizer.step(state, { objective, generator: generator(k) }));
      return state;
    };
    const { rate } = await run(1);
    // f/‖∇f‖² = 1/(4·scale), times a power of 3; without momentum 1/scale diverges.
    const power = Math.log(rate! * 4 * scale) / Math.log(3);
    expect(power).toBeCloseTo(Math.round(power), 10);
    expect(rate! * scale).toBeLessThan(1);
    const { parameters } = await run(120);
    expect((await objective.value(parameters, [0])) / scale).toBeLessThan(1e-3);
  });

  it('is none where every step leads to what is not finite: the step is rejected', async () => {
    const { objective, start } = smallProblem();
    const optimizer = make();
    const valueAndGradient: typeof objective.valueAndGradient = async (theta, rows) => {
      const found = await objective.valueAndGradient(theta, rows);
      return theta.every((v, i) => v === start[i]) ? found : { ...found, value: Number.NaN };
    };
    const context = { objective: { ...objective, valueAndGradient }, generator: generator(1) };
    const { state, report } = await optimizer.step(optimizer.init(objective, start.slice()), context);
    expect([report.accepted, report.nonFinite, state.step, state.rate]).toEqual([false, true, 1, 0]);
    expect(state.parameters).toEqual(start);
  });

  it('is reported, and makes the step that it makes when it is given', async () => {
    const problem = smallProblem();
    const { state, report } = await first(make(), problem);
    const { learningRate, ratesTried } = report.details;
    expect([state.rate, ratesTried! > 1]).toEqual([learningRate, true]);
    const given = await first(make({ learningRate: learningRate! }), problem);
    expect(given.state.parameters).toEqual(state.parameters);
    const { objective } = problem;
    const next = await make().step(state, { objective, generator: generator(2) });
    expect([next.report.details.learningRate, next.report.details.ratesTried]).toEqual([learningRate, undefined]);
  });
});

describe.each([
  ['kfac', kfac],
  ['ekfac', ekfac],
])('the first damping of %s', (_, make) => {
  // All rows, and nothing drawn.
  const options = { batchSize: 24, modelRows: 24, factorRows: 24, estimate: 'exact' } as const;

  it('is the one whose step leaves the least loss, is reported, and makes the step that it makes when it is given', async () => {
    const problem = smallProblem({ weightDecay: 0.01 });
    const { state, report } = await first(make(options), problem);
    const { firstDamping: damping, dampingsTried } = report.details;
    expect(dampingsTried).toBeGreaterThan(2);
    const stepWith = async (value: number) => (await first(make({ ...options, damping: value }), problem)).state;
    expect(await stepWith(damping!)).toEqual(state);
    const loss = ({ parameters }: OptimizerState) => problem.objective.value(parameters, allRows(24));
    for (const other of [damping! / 10, damping! * 10]) {
      expect(await loss(await stepWith(other))).toBeGreaterThanOrEqual(await loss(state));
    }
  });

  it('is not sought again', async () => {
    const problem = smallProblem();
    const { objective } = problem;
    const optimizer = make(options);
    const { state } = await first(optimizer, problem);
    const { report } = await optimizer.step(state, { objective, generator: generator(2) });
    expect(report.details.dampingsTried).toBe(undefined);
    expect(report.details.damping).toBe(state.damping);
  });
});

import { describe, expect, it } from 'vitest';
import {
  alignmentMeasure,
  curvatureOperator,
  gradientNormMeasure,
  instrument,
  type Measure,
  noiseScaleMeasure,
  sharpnessMeasure,
  stepCurvatureMeasure,
  traceMeasure,
} from '../../../src/curvature/index.js';
import type { InstrumentOptions } from '../../../src/curvature/instrument/instrument.js';
import { symmetricEigen } from '../../../src/linalg/index.js';
import { dense, sequential, squaredError, tanh } from '../../../src/nn/index.js';
import { supervisedObjective } from '../../../src/objective/index.js';
import { hessianMatrix } from '../../../src/objective/matrices.js';
import { sgd, train } from '../../../src/optim/index.js';
import { generator } from '../../../src/tensor/index.js';
import { pointOf, smallModel } from '../operators/support.js';

const options = smallModel({
  layer: sequential([dense(3, 4), tanh(), dense(4, 1)]),
  loss: squaredError(),
  x: [20, 3],
  y: [20, 1],
});

const normals = (n: number, seed: number): Float64Array => {
  const random = generator(seed);
  return Float64Array.from({ length: n }, () => random.normal());
};

/** A clock that moves when told. */
function fakeClock() {
  let now = 0;
  return {
    read: () => now,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

/** Steps of 10 ms, and a measure that takes what `cost` says for its n-th call; the steps after which it measured. */
async function measuredSteps(steps: number, cost: (call: number) => number, rest: Partial<InstrumentOptions>) {
  const clock = fakeClock();
  let calls = 0;
  const measure: Measure = {
    name: 'fake',
    measure: async () => {
      clock.pass(cost(calls++));
      return { fake: calls };
    },
  };
  const record = instrument({ objective: pointOf(options).objective, measures: [measure], clock: clock.read, ...rest });
  for (let step = 1; step <= steps; step++) {
    clock.pass(10);
    await record.observe({ step, loss: 1, parameters: normals(21, step) });
  }
  return record.rows;
}

describe('the budget of an instrument', () => {
  it('lets a cheap measure run at its interval', async () => {
    const rows = await measuredSteps(12, () => 1, { every: 3 });
    expect(rows.map(({ step }) => step)).toEqual([3, 6, 9, 12]);
    expect(rows.map(({ overhead }) => overhead)).toEqual([1 / 20, 2 / 50, 3 / 80, 4 / 110]);
    expect(rows[0]).toEqual({ step: 3, loss: 1, fake: 1, milliseconds: 1, overhead: 0.05 });
  });

  it('stretches the interval of a dear one until the share is kept', async () => {
    const rows = await measuredSteps(200, () => 20, { every: 1 });
    // The first at once; the second when 20 + 10 ms, the others when all so far and 20 ms more are a tenth of the steps.
    expect(rows.map(({ step }) => step)).toEqual([2, 31, 61, 81, 101, 121, 141, 161, 181]);
    for (const { step, overhead } of rows.slice(2)) expect(overhead, `step ${step}`).toBeLessThanOrEqual(0.1);
  });

  it('takes back what a first call with compilation cost, and no more', async () => {
    const rows = await measuredSteps(200, (call) => (call === 0 ? 100 : 5), { every: 5 });
    expect(rows.map(({ step }) => step).slice(0, 4)).toEqual([5, 151, 156, 161]);
  });

  it('measures whatever it costs when told to', async () => {
    const rows = await measuredSteps(6, () => 1000, { every: 2, overhead: Infinity });
    expect(rows.map(({ step }) => step)).toEqual([2, 4, 6]);
  });
});

describe('an instrument in a real run', () => {
  const all = [
    gradientNormMeasure,
    sharpnessMeasure,
    traceMeasure(8),
    noiseScaleMeasure,
    stepCurvatureMeasure,
    alignmentMeasure,
  ];

  async function run(steps: number, rest: Partial<InstrumentOptions> = {}, from = 0) {
    const model = pointOf(options);
    const { objective } = model;
    const record = instrument({ objective, measures: all, every: 2, overhead: Infinity, seed: 4, ...rest });
    const events = [];
    const start = Float64Array.from(model.parameters);
    for await (const { event } of train({
      objective,
      optimizer: sgd({ learningRate: 0.05 }),
      parameters: start,
      seed: 1,
      steps,
    })) {
      events.push(event);
      if (event.step > from) await record.observe(event);
    }
    return { model, record, events };
  }

  it('records what the dense matrices say', async () => {
    const { model, record, events } = await run(4);
    expect(record.rows.map(({ step }) => step)).toEqual([2, 4]);
    const row = record.rows[1]!;
    const here = model.objective.at(events[3]!.parameters);
    const h = await curvatureOperator(here, hessianMatrix).toDense();
    const { values, vectors } = symmetricEigen(h);
    const n = h.rows;
    expect(Math.abs(row.lambdaMax! - values[n - 1]!)).toBeLessThanOrEqual(row.lambdaMaxResidual! + 1e-10);
    expect(row.lambdaMaxResidual! / values[n - 1]!).toBeLessThan(0.01);
    const trace = values.reduce((sum, v) => sum + v, 0);
    expect(Math.abs(row.trace! - trace)).toBeLessThan(4 * row.traceStandardError!);
    const at = (theta: ArrayLike<number>) => Float64Array.from(theta);
    const s = at(events[3]!.parameters).map((v, i) => v - events[2]!.parameters[i]!);
    const hs = s.map((_, i) => s.reduce((sum, v, j) => sum + h.data[i * n + j]! * v, 0));
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    expect(row.stepCurvature).toBeCloseTo(dot(s, hs) / dot(s, s), 8);
    // Gradient descent on all rows without momentum: the step from here is the gradient here.
    const objective = supervisedObjective(options);
    const { gradient } = await objective.valueAndGradient(
      events[3]!.parameters,
      Array.from({ length: 20 }, (_, i) => i),
    );
    const g = at(gradient);
    expect(row.gradientNorm).toBeCloseTo(Math.sqrt(dot(g, g)), 10);
    const top = Float64Array.from({ length: n }, (_, i) => vectors.data[i * n + n - 1]!);
    expect(row.alignment).toBeCloseTo(dot(g, top) ** 2 / dot(g, g), 2);
    expect(row.noiseScale).toBeGreaterThan(0);
    expect(row.loss).toBe(events[3]!.loss);
  });

  it('keeps to a tenth of the time of the steps by default', async () => {
    const clock = fakeClock();
    const slow: Measure = {
      name: 'slow',
      measure: async (context) => {
        clock.pass(7);
        return gradientNormMeasure.measure(context);
      },
    };
    const { objective, parameters } = pointOf(options);
    const record = instrument({ objective, measures: [slow], clock: clock.read });
    const start = Float64Array.from(parameters);
    for await (const { event } of train({ objective, optimizer: sgd(), parameters: start, seed: 1, steps: 90 })) {
      clock.pass(10);
      await record.observe(event);
    }
    expect(record.rows.length).toBeGreaterThan(5);
    expect(record.rows.at(-1)!.overhead).toBeLessThanOrEqual(0.1);
  });

  it('goes on from its state as if it had never stopped', async () => {
    const whole = await run(8);
    const first = await run(4);
    const saved = JSON.parse(JSON.stringify(first.record.state())) as ReturnType<typeof first.record.state>;
    // The step before the first one that is observed is not known, so what looks at it comes one step later.
    const second = await run(8, { resume: saved }, 3);
    const steps = (rows: readonly Record<string, number>[]) => rows.map(({ step }) => step);
    expect(steps(second.record.rows)).toEqual([2, 4, 5, 7]);
    expect(steps(whole.record.rows)).toEqual([2, 4, 6, 8]);
    const { gradientNorm, trace } = first.record.rows[1]!;
    expect(second.record.rows[1]).toMatchObject({ gradientNorm, trace });
    expect(second.record.state().generator).toEqual(whole.record.state().generator);
  });
});

describe('instrument', () => {
  it('rejects options that make no sense', () => {
    const { objective } = pointOf(options);
    const measures = [gradientNormMeasure];
    expect(() => instrument({ objective, measures: [] })).toThrow('there is no measure');
    expect(() => instrument({ objective, measures: [...measures, ...measures] })).toThrow(
      '"gradientNorm" is there twice',
    );
    expect(() => instrument({ objective, measures, every: 0 })).toThrow('every must be an integer ≥ 1, got 0');
    expect(() => instrument({ objective, measures, overhead: 0 })).toThrow('overhead must be a number > 0, got 0');
  });
});

import { describe, expect, it } from 'vitest';
import { fn, functionObjective, vectorFn } from '../../src/objective/index.js';
import {
  adam,
  adaptiveCubic,
  adaptiveCubicLanczos,
  gaussNewton,
  lbfgs,
  levenbergMarquardt,
  type MinimizeEvent,
  type MinimizeFunctionOptions,
  minimize,
  newton,
  plainNewton,
  trustRegion,
  trustRegionNewtonCg,
} from '../../src/optim/index.js';
import type { Tensor } from '../../src/tensor/index.js';
import { quadratic, rosenbrock, rosenbrockResiduals, rosenbrockStart } from '../objective/functions.js';
import { smallProblem } from '../objective/support.js';
import { scalars } from './mgh/build.js';

const pair = (x: Tensor) => scalars(x) as [Tensor, Tensor];

const himmelblau = (x: Tensor): Tensor => {
  const [a, b] = pair(x);
  return a
    .mul(a)
    .add(b)
    .sub(11)
    .pow(2)
    .add(a.add(b.mul(b)).sub(7).pow(2));
};
const matyas = (x: Tensor): Tensor => {
  const [a, b] = pair(x);
  return a.mul(a).add(b.mul(b)).mul(0.26).sub(a.mul(b).mul(0.48));
};
const zakharov = (x: Tensor): Tensor => {
  const [a, b] = pair(x);
  const s = a.mul(0.5).add(b);
  return a.mul(a).add(b.mul(b)).add(s.pow(2)).add(s.pow(4));
};

describe('known minima', () => {
  const cases = [
    { name: 'Himmelblau', f: himmelblau, start: [2.5, 1.5], minimum: [3, 2] },
    { name: 'Matyas', f: matyas, start: [8, -5], minimum: [0, 0] },
    { name: 'Zakharov', f: zakharov, start: [5, 7], minimum: [0, 0] },
  ];
  const methods = [trustRegion(), adaptiveCubic(), newton(), lbfgs()];
  it.each(cases.flatMap((c) => methods.map((method) => ({ ...c, method, by: method.name }))))(
    '$name by $by',
    async ({ f, start, minimum, method }) => {
      const from = Float64Array.from(start);
      const result = await minimize(functionObjective(f, from), from, {
        method: method as ReturnType<typeof trustRegion>,
      });
      expect(result.status).toBe('converged');
      expect(result.f).toBeLessThan(1e-15);
      expect(Math.hypot(result.x[0]! - minimum[0]!, result.x[1]! - minimum[1]!)).toBeLessThan(1e-7);
      expect(result.gradientNorm).toBeLessThanOrEqual(1e-8);
    },
  );
});

describe('float32', () => {
  const methods = [trustRegion(), lbfgs(), levenbergMarquardt(), trustRegionNewtonCg(), adaptiveCubicLanczos()];
  it.each(methods.map((method) => ({ method, by: method.name })))('Rosenbrock by $by', async ({ method }) => {
    const start = Float32Array.from(rosenbrockStart);
    const objective = functionObjective(rosenbrockResiduals, start, { residuals: true });
    const result = await minimize(objective, start, { method: method as ReturnType<typeof trustRegion> });
    expect(['converged', 'stalled']).toContain(result.status);
    expect(result.x).toBeInstanceOf(Float32Array);
    expect(result.f).toBeLessThan(1e-9);
    expect(result.steps).toBeLessThan(100);
  });
});

describe('minimize: events', () => {
  it('one a step, with f and ‖∇f‖ at the point before it', async () => {
    const events: MinimizeEvent[] = [];
    const objective = rosenbrock();
    const result = await minimize(objective, rosenbrockStart, {
      method: trustRegion(),
      onStep: (event) => events.push(event),
    });
    expect(events.map(({ step }) => step)).toEqual(events.map((_, k) => k + 1));
    expect(events[0]!.f).toBeCloseTo(24.2, 12);
    expect(events[0]!.gradientNorm).toBeCloseTo(Math.hypot(215.6, 88), 9);
    expect(events[0]!.x).toEqual(rosenbrockStart);
    expect(result.steps).toBe(events.length);
    expect(result.work).toBeGreaterThan(events.length);
    expect(result.reason).toContain('at most 1e-8');
  });

  it('looks at the whole data for methods that draw batches', async () => {
    const { objective, start } = smallProblem();
    const result = await minimize(objective, start, { method: adam({ batchSize: 4 }), maxSteps: 3 });
    const known = await objective.valueAndGradient(
      result.x,
      Array.from({ length: 24 }, (_, i) => i),
    );
    expect(result.f).toBeCloseTo(known.value, 12);
    expect(result).toMatchObject({ status: 'budget', steps: 3 });
  });
});

describe('minimize: typed ends', () => {
  const run = (options: MinimizeFunctionOptions) =>
    minimize(rosenbrock(), rosenbrockStart, { method: lbfgs(), ...options });

  it('budget of steps, of work, of seconds', async () => {
    expect(await run({ maxSteps: 4 })).toMatchObject({ status: 'budget', steps: 4 });
    const work = await run({ maxGradientEquivalents: 10 });
    expect(work.status).toBe('budget');
    expect(work.work).toBeGreaterThanOrEqual(10);
    let time = 0;
    const seconds = await run({ seconds: 5, clock: () => (time += 1000) });
    expect(seconds).toMatchObject({ status: 'budget', steps: 5 });
  });

  it('converged at a target', async () => {
    const result = await run({ target: 1 });
    expect(result.status).toBe('converged');
    expect(result.f).toBeLessThanOrEqual(1);
    expect(result.f).toBeGreaterThan(1e-8);
  });

  it('cancelled', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    expect(await run({ signal, onStep: () => controller.abort() })).toMatchObject({ status: 'cancelled', steps: 1 });
  });

  it('diverged where f is not finite at the start', async () => {
    const objective = functionObjective((x) => x.log().sum(), Float64Array.of(-1));
    for (const method of [lbfgs(), trustRegion(), newton()]) {
      const result = await minimize(objective, Float64Array.of(-1), { method: method as ReturnType<typeof newton> });
      expect(result).toMatchObject({ status: 'diverged', steps: 0 });
      expect(Array.from(result.x)).toEqual([-1]);
    }
  });

  it('indefinite: plain Newton at a saddle, and at a singular Hessian', async () => {
    const saddle = quadratic([
      [1, 0],
      [0, -1],
    ]);
    const start = Float64Array.of(3, 4);
    expect(await minimize(saddle, start, { method: plainNewton() })).toMatchObject({
      status: 'indefinite',
      gradientNorm: 0,
    });
    const flat = functionObjective((x) => x.sum().sub(1).pow(2), start);
    expect(await minimize(flat, start, { method: plainNewton() })).toMatchObject({ status: 'indefinite', steps: 0 });
  });

  it('does not take a saddle for a minimum where the method sees the curvature', async () => {
    const objective = functionObjective((x) => {
      const [a, b] = pair(x);
      return a.mul(a).sub(b.mul(b)).add(b.pow(4).mul(0.25));
    }, new Float64Array(2));
    const result = await minimize(objective, Float64Array.of(0, 0), { method: trustRegion() });
    expect(result.status).toBe('converged');
    expect(result.f).toBeCloseTo(-1, 12);
  });

  it('stalled where f cannot be lowered to its accuracy', async () => {
    // At a kink no slope is small: the search ends where it can tell no values apart.
    const objective = functionObjective((x) => x.sub(Math.SQRT2).abs().add(x.mul(0.3)).sum(), Float64Array.of(4.1));
    const result = await minimize(objective, Float64Array.of(4.1), { method: lbfgs() });
    expect(result.status).toBe('stalled');
  });

  it('bad input is an exception', async () => {
    const objective = functionObjective((x) => x.mul(x).sum(), Float64Array.of(1));
    await expect(minimize(objective, Float64Array.of(1), { method: gaussNewton() })).rejects.toThrow('needs residuals');
  });
});

describe('minimize: functions of numbers', () => {
  const pit = fn((x) =>
    x
      .sub(3)
      .square()
      .sum()
      .add(x.slice([0], [1]).sum().sub(3).pow(4)),
  );

  it.each([[[-1.2, 1]], [Float64Array.of(-1.2, 1)]])('gives the point in the kind of the start', async (start) => {
    const { x, f, status, method } = await minimize(pit, start);
    expect(status).toBe('converged');
    expect(method).toBe('Trust region');
    expect(x.constructor).toBe(start.constructor);
    expect(Array.from(x, (v) => Number(v.toFixed(8)))).toEqual([3, 3]);
    expect(f).toBeLessThan(1e-15);
  });

  it('takes trees and further arguments', async () => {
    const line = vectorFn((p: { readonly a: Tensor; readonly b: Tensor }, x: Tensor, y: Tensor) =>
      x.mul(p.a).add(p.b).sub(y),
    );
    const result = await minimize(
      line,
      { a: 0, b: 0 },
      {
        args: [
          [0, 1, 2],
          [1, 3, 5],
        ],
      },
    );
    expect(result.method).toBe('Levenberg-Marquardt');
    expect(result.x.a).toBeCloseTo(2, 10);
    expect(result.x.b).toBeCloseTo(1, 10);
  });

  it('uses L-BFGS for many variables', async () => {
    const { x, method } = await minimize(
      fn((t) => t.sub(1).square().sum()),
      new Float64Array(600),
      { maxSteps: 50 },
    );
    expect(method).toBe('L-BFGS');
    expect(Math.max(...x.map((v) => Math.abs(v - 1)))).toBeLessThan(1e-8);
  });

  it('says to wrap a plain function', async () => {
    await expect(minimize(((x: Tensor) => x.sum()) as never, [1])).rejects.toThrow(/wrap it: fn/);
  });

  it.each([
    ['null', null, /the start is null/],
    ['no elements', [], /no elements|no leaves/],
    ['a string', 'x', /the start is the text/],
  ])('refuses a start of %s', async (_, start, message) => {
    await expect(minimize(pit, start as never)).rejects.toThrow(message);
  });
});

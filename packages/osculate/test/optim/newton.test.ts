import { describe, expect, it } from 'vitest';
import { functionObjective } from '../../src/objective/index.js';
import {
  adaptiveCubic,
  adaptiveCubicLanczos,
  bfgs,
  dogleg,
  fullStep,
  gaussNewton,
  gaussNewtonCg,
  levenbergMarquardt,
  modifiedNewton,
  newton,
  newtonCg,
  plainNewton,
  saddleFreeKrylov,
  saddleFreeNewton,
  sgd,
  strongWolfe,
  trustRegion,
  trustRegionNewtonCg,
} from '../../src/optim/index.js';
import { InputError } from '../../src/tensor/index.js';
import { quadratic, rosenbrock, rosenbrockStart } from '../objective/functions.js';
import { path } from './path.js';

describe('Newton on Rosenbrock from (−1.2, 1)', () => {
  it('plain: the known values of f', async () => {
    const { reports } = await path(plainNewton(), rosenbrock(), rosenbrockStart, 6);
    const known = [24.2, 4.731884325, 1411.845179, 0.05596551683, 0.3131890761, 1.8527e-11];
    reports.forEach(({ loss }, k) => {
      expect(Math.abs(loss / known[k]! - 1)).toBeLessThan(k === 5 ? 1e-4 : 1e-9);
    });
  });

  it('Gauss-Newton with full steps: two steps, via (1, −3.84)', async () => {
    const { points } = await path(gaussNewton({ search: fullStep }), rosenbrock(), rosenbrockStart, 2);
    expect(points[1]![0]).toBeCloseTo(1, 12);
    expect(points[1]![1]).toBeCloseTo(-3.84, 12);
    expect(points[2]![0]).toBeCloseTo(1, 12);
    expect(points[2]![1]).toBeCloseTo(1, 12);
  });

  it.each([newton(), newton({ search: strongWolfe() }), modifiedNewton(), dogleg()])(
    '$name descends at every step to the minimum',
    async (method) => {
      const { points, reports } = await path(method, rosenbrock(), rosenbrockStart, 40);
      const values = reports.filter(({ loss }) => loss > 1e-25).map(({ loss }) => loss);
      for (let k = 1; k < values.length; k++) expect(values[k]).toBeLessThan(values[k - 1]!);
      expect(Math.hypot(points.at(-1)![0]! - 1, points.at(-1)![1]! - 1)).toBeLessThan(1e-10);
    },
  );
});

/**
 * The order q of the convergence ‖e(k+1)‖ ≈ C·‖e(k)‖^q, from the last three errors above the rounding error: the slope of
 * log ‖e‖ against its predecessor.
 */
function order(points: readonly Float64Array[], minimum: readonly number[]): number {
  const errors = points.map((x) => Math.hypot(...x.map((xi, i) => xi - minimum[i]!))).filter((e) => e > 1e-13);
  const [a, b, c] = errors.slice(-3).map(Math.log) as [number, number, number];
  return (c - b) / (b - a);
}

/** Strongly convex with a quartic part: Newton's error constant does not vanish at the minimum 0. */
const bowl = () =>
  functionObjective(
    (x) =>
      x
        .exp()
        .sub(x)
        .sum()
        .add(x.mul(x).sum().add(x.sum().pow(2)).mul(0.2)),
    Float64Array.of(1, -0.5, 0.3),
  );
const bowlStart = Float64Array.of(1, -0.5, 0.3);
const bowlMinimum = [0, 0, 0];

describe('order of convergence, estimated from the iterates', () => {
  it.each([plainNewton(), newton(), modifiedNewton(), trustRegion(), adaptiveCubic(), saddleFreeNewton()])(
    '$name: quadratic',
    async (method) => {
      const q = order((await path(method, bowl(), bowlStart, 12)).points, bowlMinimum);
      expect(q).toBeGreaterThan(1.6);
      expect(q).toBeLessThan(2.6);
    },
  );

  it.each([bfgs(), newtonCg(), trustRegionNewtonCg()])('$name: superlinear', async (method) => {
    const { points } = await path(method, bowl(), bowlStart, 25);
    expect(order(points, bowlMinimum)).toBeGreaterThan(1.15);
  });

  it('gradient descent: linear', async () => {
    const { points } = await path(sgd({ learningRate: 0.2 }), bowl(), bowlStart, 40);
    expect(order(points, bowlMinimum)).toBeGreaterThan(0.95);
    expect(order(points, bowlMinimum)).toBeLessThan(1.05);
  });
});

describe('singular and ill-conditioned problems', () => {
  const methods = [
    newton(),
    modifiedNewton(),
    saddleFreeNewton(),
    trustRegion(),
    dogleg(),
    adaptiveCubic(),
    bfgs(),
    newtonCg(),
    trustRegionNewtonCg(),
  ];

  it.each(methods)('$name: a singular Hessian gives a finite, decreasing step', async (method) => {
    const objective = functionObjective((x) => x.sum().sub(1).pow(2), Float64Array.of(3, 4, 5));
    const { points } = await path(method, objective, Float64Array.of(3, 4, 5), 3);
    expect(await objective.value(points[1]!, [0])).toBeLessThan(121);
    for (const x of points) expect(x.every(Number.isFinite)).toBe(true);
  });

  it.each(methods)('$name: a condition of 1e12 gives finite, decreasing steps', async (method) => {
    const objective = quadratic([
      [1e6, 0],
      [0, 1e-6],
    ]);
    const start = Float64Array.of(1, 1e6);
    const { points, reports } = await path(method, objective, start, 10);
    for (const x of points) expect(x.every(Number.isFinite)).toBe(true);
    reports.forEach(({ accepted, details, loss }) => {
      if (accepted) expect(details.lossAfter).toBeLessThanOrEqual(loss);
    });
    expect(await objective.value(points.at(-1)!, [0])).toBeLessThan(0.6 * (await objective.value(start, [0])));
  });

  it('plain Newton stops as indefinite at a singular Hessian, and moves nowhere', async () => {
    const objective = functionObjective((x) => x.sum().sub(1).pow(2), Float64Array.of(3, 4));
    const { points, reports } = await path(plainNewton(), objective, Float64Array.of(3, 4), 1);
    expect(reports[0]).toMatchObject({ accepted: false, stop: 'indefinite' });
    expect(points[1]).toEqual(Float64Array.of(3, 4));
  });
});

describe('methods on products', () => {
  it('Newton-CG with an exact inner solve makes the steps of Newton', async () => {
    const { points } = await path(
      newtonCg(),
      quadratic([
        [4, 1],
        [1, 3],
      ]),
      Float64Array.of(1e-9, 2e-9),
      1,
    );
    expect(Math.hypot(...points[1]!)).toBeLessThan(1e-12);
  });

  it('Gauss-Newton-CG reaches the minimum of residuals that vanish there', async () => {
    const { points } = await path(gaussNewtonCg(), rosenbrock(), rosenbrockStart, 100);
    expect(points.at(-1)![0]).toBeCloseTo(1, 6);
    expect(points.at(-1)![1]).toBeCloseTo(1, 6);
  });
});

describe('options', () => {
  it.each([
    ['trustRegion: radius must be a finite number > 0, got 0', () => trustRegion({ radius: 0 })],
    ['dogleg: radius must be a finite number > 0, got NaN', () => dogleg({ radius: Number.NaN })],
    [
      'trustRegionNewtonCg: radius must be a finite number > 0, got Infinity',
      () => trustRegionNewtonCg({ radius: Number.POSITIVE_INFINITY }),
    ],
    ['adaptiveCubic: weight must be a finite number > 0, got -1', () => adaptiveCubic({ weight: -1 })],
    ['adaptiveCubicLanczos: weight must be a finite number > 0, got 0', () => adaptiveCubicLanczos({ weight: 0 })],
    ['adaptiveCubicLanczos: dimension must be an integer ≥ 1, got 0', () => adaptiveCubicLanczos({ dimension: 0 })],
    ['saddleFreeKrylov: dimension must be an integer ≥ 1, got NaN', () => saddleFreeKrylov({ dimension: Number.NaN })],
    ['saddleFreeNewton: damping must be a finite number > 0, got 0', () => saddleFreeNewton({ damping: 0 })],
    ['saddleFreeKrylov: damping must be a finite number > 0, got 0', () => saddleFreeKrylov({ damping: 0 })],
    ['levenbergMarquardt: factor must be a finite number > 0, got 0', () => levenbergMarquardt({ factor: 0 })],
  ])('%s', (message, make) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});

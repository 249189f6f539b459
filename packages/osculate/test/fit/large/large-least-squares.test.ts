import { describe, expect, test } from 'vitest';
import { fitStatistics, type LossName, largeLeastSquares, leastSquares } from '../../../src/fit/index.js';
import { constant, generator, InputError, ShapeError, type Tensor } from '../../../src/tensor/index.js';
import { normals } from '../random.js';

const vector = (data: Float64Array): Tensor => constant({ dtype: 'f64', shape: [data.length], data });
const tight = { gradientTolerance: 1e-14, stepTolerance: 1e-14, costTolerance: 1e-15 };

/** A signal seen through tanh, n observations, and n − 1 residuals that hold neighbours together. */
function smoothing(n: number, stiffness = 3) {
  const random = generator(n);
  const y = Float64Array.from({ length: n }, (_, i) => Math.sin((8 * i) / n) + 0.1 * random.normal());
  const observed = vector(y);
  const traced = (p: Tensor): Tensor => {
    const misfit = p.tanh().mul(2).sub(observed);
    const slopes = p
      .slice([1], [n])
      .sub(p.slice([0], [n - 1]))
      .mul(stiffness);
    return misfit.pad([0], [n - 1]).add(slopes.pad([n], [0]));
  };
  /** ∇½‖r‖² in plain numbers. */
  const gradient = (p: Float64Array): Float64Array =>
    p.map((x, i) => {
      const t = Math.tanh(x);
      const left = i > 0 ? x - p[i - 1]! : 0;
      const right = i < n - 1 ? x - p[i + 1]! : 0;
      return (2 * t - y[i]!) * 2 * (1 - t * t) + stiffness ** 2 * (left + right);
    });
  return { traced, gradient };
}

/** Decay with 40 data: few parameters, so that the column norms are exact. */
const random = generator(4);
const times = Float64Array.from({ length: 40 }, (_, i) => i / 10);
const decayData = times.map((t, i) => 3 * Math.exp(-1.3 * t) + 0.5 + 0.05 * random.normal() + (i % 9 === 4 ? 1 : 0));
const decay = (p: Tensor): Tensor => {
  const [a, k, c] = [0, 1, 2].map((j) => p.slice([j], [j + 1]));
  return a!
    .mul(k!.mul(vector(times)).neg().exp())
    .add(c!)
    .sub(vector(decayData));
};

describe('largeLeastSquares', () => {
  test.each<[string, (p: Tensor) => Tensor, number[], object]>([
    ['a decay', decay, [2.5, 1, 0.3], {}],
    ['a decay under Huber’s loss', decay, [2.5, 1, 0.3], { loss: 'huber', lossScale: 0.1 }],
    ['a decay under Cauchy’s loss', decay, [2.5, 1, 0.3], { loss: 'cauchy', lossScale: 0.1 }],
    ['a decay at a bound', decay, [2.5, 1, 0.3], { bounds: { lower: [0, 0, 0.7], upper: [9, 9, 9] } }],
    ['60 unknowns', smoothing(60).traced, new Array(60).fill(0), {}],
    [
      '60 unknowns under Cauchy’s loss',
      smoothing(60).traced,
      new Array(60).fill(0),
      { loss: 'cauchy', lossScale: 0.3 },
    ],
    [
      '60 unknowns in a box',
      smoothing(60).traced,
      new Array(60).fill(0),
      { bounds: { lower: new Array(60).fill(-0.2), upper: new Array(60).fill(0.45) } },
    ],
  ])('%s: the minimum of the dense method', (_, f, start, options) => {
    const dense = leastSquares(f, start, { ...options, ...tight });
    const large = largeLeastSquares(f, start, { ...options, ...tight });
    expect(large.status).toMatch(/^converged/);
    expect(large.cost / dense.cost).toBeCloseTo(1, 12);
    large.parameters.forEach((x, j) => {
      expect(Math.abs(x - dense.parameters[j]!)).toBeLessThan(1e-8);
    });
    expect(large.activeBounds).toEqual(dense.activeBounds);
    large.residuals.forEach((r, i) => {
      expect(Math.abs(r - dense.residuals[i]!)).toBeLessThan(1e-7);
    });
  });

  test('12 000 unknowns and 23 999 residuals: the gradient vanishes', () => {
    const n = 12_000;
    const { traced, gradient } = smoothing(n);
    const large = largeLeastSquares(traced, new Float64Array(n));
    expect(large.status).toMatch(/^converged/);
    const start = Math.hypot(...gradient(new Float64Array(n)));
    expect(Math.hypot(...gradient(large.parameters)) / start).toBeLessThan(1e-7);
    expect(large.gradientNorm / Math.max(...gradient(large.parameters).map(Math.abs))).toBeCloseTo(1, 2);
    expect(large.evaluations.forward).toBeGreaterThanOrEqual(large.innerIterations);
  });

  test('the dense method refuses a Jacobian that it cannot hold, and points here', () => {
    expect(() => leastSquares((p) => p.tanh(), new Float64Array(20_000))).toThrow(InputError);
    expect(() => leastSquares((p) => p.tanh(), new Float64Array(20_000))).toThrow(
      /20000 residuals of 20000 .* use largeLeastSquares/,
    );
  });

  test('trial points where residuals are not finite are stepped back from', () => {
    // log x − y: Newton's step from the right goes below zero.
    const targets = vector(Float64Array.of(-3, -1, 0));
    const large = largeLeastSquares((p) => p.log().sub(targets), [9, 9, 9]);
    expect(large.status).toMatch(/^converged/);
    [-3, -1, 0].forEach((y, j) => {
      expect(large.parameters[j]).toBeCloseTo(Math.exp(y), 6);
    });
  });

  test('trial points where derivatives are not finite are stepped back from', () => {
    // The first residual pulls to −3; below 0 the second is 0, with a derivative of 0/0.
    const f = (p: Tensor): Tensor =>
      p
        .add(3)
        .pad([0], [1])
        .add(p.relu().sqrt().pad([1], [0]));
    const large = largeLeastSquares(f, [1]);
    const [x] = large.parameters as unknown as [number];
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(0.1);
    expect(large.cost).toBeCloseTo(0.5 * ((x + 3) ** 2 + x), 12);
    expect(large.gradientNorm).toBeCloseTo(x + 3.5, 6);
  });

  test('a start that is not finite in the residuals, or the derivatives, is a status', () => {
    for (const f of [(p: Tensor) => p.log(), (p: Tensor) => p.sqrt()]) {
      const large = largeLeastSquares(f, [0, 1]);
      expect(large.status).toBe('non-finite-start');
      expect(Array.from(large.parameters)).toEqual([0, 1]);
    }
  });

  test('a budget ends the run, at the best point so far', () => {
    const large = largeLeastSquares(decay, [2.5, 1, 0.3], { maxEvaluations: 3 });
    expect(large.status).toBe('max-evaluations');
    expect(large.evaluations.residuals).toBe(3);
    expect(large.cost).toBeLessThan(largeLeastSquares(decay, [2.5, 1, 0.3], { maxEvaluations: 1 }).cost);
  });

  test('the start is moved into the bounds, and equal bounds hold a parameter', () => {
    const large = largeLeastSquares(decay, [2.5, 1, 9], { bounds: { lower: [0, 0, 0.4], upper: [9, 9, 0.4] } });
    expect(large.parameters[2]).toBe(0.4);
    const two = (p: Tensor): Tensor => decay(p.pad([0], [1], 0.4));
    const dense = leastSquares(two, [2.5, 1], tight);
    for (const j of [0, 1]) expect(large.parameters[j]).toBeCloseTo(dense.parameters[j]!, 6);
  });

  test('an inner budget that is too small for the solve still leads down', () => {
    const { traced } = smoothing(200, 20);
    const limited = largeLeastSquares(traced, new Float64Array(200), { maxInnerIterations: 5, maxEvaluations: 4000 });
    const free = largeLeastSquares(traced, new Float64Array(200));
    expect(limited.innerIterations / limited.iterations).toBeLessThanOrEqual(10);
    expect(limited.cost / free.cost).toBeCloseTo(1, 4);
  });

  test('what is malformed is refused', () => {
    expect(() => largeLeastSquares(decay, [])).toThrow(InputError);
    expect(() => largeLeastSquares(decay, [1, Number.NaN, 1])).toThrow(/element 1 of the start is NaN/);
    expect(() => largeLeastSquares(decay, [1, 1, 1], { maxInnerIterations: 0 })).toThrow(/maxInnerIterations is 0/);
    expect(() => largeLeastSquares(decay, [1, 1, 1], { bounds: { lower: [0] } })).toThrow(ShapeError);
    expect(() => largeLeastSquares(decay, [1, 1, 1], { loss: 'biweight' as LossName })).toThrow(/loss "biweight"/);
    expect(() => largeLeastSquares((() => 3) as never, [1])).toThrow(/must return a Tensor/);
  });
});

describe('varianceOf', () => {
  test('the variances of the dense statistics', () => {
    for (const [f, start] of [
      [decay, [2.5, 1, 0.3]],
      [smoothing(60).traced, new Array(60).fill(0)],
    ] as const) {
      const statistics = fitStatistics(leastSquares(f, start, tight), { absoluteSigma: true });
      const large = largeLeastSquares(f, start, tight);
      for (const g of [start.map((_, j) => (j === 1 ? 1 : 0)), start.map((_, j) => Math.cos(j))])
        expect(large.varianceOf(g) / statistics.varianceOf(Float64Array.from(g))).toBeCloseTo(1, 6);
    }
  });

  test('∞ for what the data leave open, finite for what they determine, 0 for what a bound holds', () => {
    // Only p₀ + p₁ counts, and p₂ stops at its bound.
    const y = vector(normals(generator(2), 5));
    const f = (p: Tensor): Tensor => {
      const [a, b, c] = [0, 1, 2].map((j) => p.slice([j], [j + 1]));
      return a!
        .add(b!)
        .add(c!.mul(vector(Float64Array.of(1, 2, 3, 4, 5))))
        .sub(y);
    };
    const large = largeLeastSquares(f, [0, 0, 3], { bounds: { lower: [-9, -9, 2], upper: [9, 9, 4] } });
    expect(large.activeBounds[2]).toBe(-1);
    expect(large.varianceOf([1, 0, 0])).toBe(Number.POSITIVE_INFINITY);
    expect(large.varianceOf([1, 1, 0])).toBeCloseTo(1 / 5, 9);
    expect(large.varianceOf([0, 0, 1])).toBe(0);
    expect(() => large.varianceOf([1])).toThrow(/g has 1 elements for 3 parameters/);
  });

  test('NaN when the solve runs out of iterations', () => {
    const large = largeLeastSquares(smoothing(60).traced, new Array(60).fill(0));
    const g = new Array(60).fill(0).map((_, j) => Math.cos(j));
    expect(large.varianceOf(g, { maxIterations: 2 })).toBeNaN();
  });
});

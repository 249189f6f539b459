import { describe, expect, it } from 'vitest';
import { curveFit, fitStatistics, profileInterval, studentQuantile, type TracedModel } from '../../../src/fit/index.js';
import type { ProfileOptions } from '../../../src/fit/statistics/profile.js';
import { generator, InputError } from '../../../src/tensor/index.js';
import { normals } from '../random.js';
import { line, x, y } from './line.js';

const straight: TracedModel = (t, [a, b]) => a!.add(b!.mul(t));

/** The profile of a curve fit: its parameter held between equal bounds. */
function options(
  model: TracedModel,
  data: { x: number[]; y: number[] },
  start: number[],
  index: number,
): ProfileOptions {
  const fit = curveFit(model, data, { start });
  const { residualSumOfSquares, residualDeviation, parameters, quantile } = fitStatistics(fit);
  return {
    index,
    parameters: fit.parameters,
    sumOfSquares: residualSumOfSquares,
    standardError: parameters[index]!.standardError,
    variance: residualDeviation ** 2,
    quantile,
    refit: (value, from) => {
      const bound = (none: number) => from.map((_, j) => (j === index ? value : none));
      const bounds = { lower: bound(Number.NEGATIVE_INFINITY), upper: bound(Number.POSITIVE_INFINITY) };
      const held = curveFit(model, data, { start: from, bounds });
      return { parameters: held.parameters, sumOfSquares: 2 * held.cost };
    },
  };
}

describe('profileInterval', () => {
  it('is the t interval for a linear model, whose τ is a straight line', () => {
    const { a, errors } = line();
    const found = profileInterval(options(straight, { x, y }, [0, 0], 0));
    const half = studentQuantile(0.95, 6) * errors[0];
    expect(found.lower).toBeCloseTo(a - half, 8);
    expect(found.upper).toBeCloseTo(a + half, 8);
    for (const { value, tau } of found.profile) expect(tau).toBeCloseTo((value - a) / errors[0], 5);
    expect(found.better).toBeNull();
  });

  it('of y = exp(θ) is the logarithm of the interval of the mean', () => {
    const model: TracedModel = (t, [theta]) => theta!.exp().add(t.mul(0));
    const values = [1, 1.6, 2.2, 1.9, 1.3];
    const data = { x: values.map((_, i) => i), y: values };
    const mean = values.reduce((sum, v) => sum + v, 0) / 5;
    const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    const half = studentQuantile(0.95, 4) * Math.sqrt(squares / 4 / 5);
    const found = profileInterval(options(model, data, [0], 0));
    expect(found.lower).toBeCloseTo(Math.log(mean - half), 8);
    expect(found.upper).toBeCloseTo(Math.log(mean + half), 8);
  });

  const parabola = (limit: number) => ({
    index: 0,
    parameters: [1],
    sumOfSquares: 2,
    standardError: 1,
    variance: 1,
    quantile: 2,
    // S rises to `limit` and no further.
    refit: (value: number) => ({
      parameters: [value],
      sumOfSquares: 2 + limit * -Math.expm1(-((value - 1) ** 2) / limit),
    }),
  });

  it('is open where the profile never rises to the quantile', () => {
    const { lower, upper } = profileInterval(parabola(3));
    expect([lower, upper]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    const closed = profileInterval(parabola(8));
    expect(closed.upper).toBeCloseTo(1 + Math.sqrt(8 * Math.log(2)), 8);
  });

  it('ends at a bound', () => {
    const { lower, upper } = profileInterval({ ...parabola(8), lower: 0.5, upper: 1 });
    expect([lower, upper]).toEqual([0.5, 1]);
  });

  it('ends where the model has no finite value', () => {
    const { refit, ...rest } = parabola(100);
    const walled = (value: number) => (value > 2 ? { parameters: [value], sumOfSquares: Number.NaN } : refit(value));
    expect(profileInterval({ ...rest, refit: walled }).upper).toBeCloseTo(2, 8);
  });

  it('reports a better fit that it comes across', () => {
    const refit = (value: number) => ({
      parameters: [value],
      sumOfSquares: 2 + (value - 1) ** 2 - (value < -2 ? 30 : 0),
    });
    const { better } = profileInterval({ ...parabola(1), quantile: 4, refit });
    expect(better!.sumOfSquares).toBeLessThan(2);
  });

  it('refuses what cannot be', () => {
    expect(() => profileInterval({ ...parabola(3), index: 1 })).toThrow('there is no parameter 1');
    expect(() => profileInterval({ ...parabola(3), standardError: Number.POSITIVE_INFINITY })).toThrow(InputError);
  });
});

describe('coverage', () => {
  it('of 500 simulated data sets, 95% intervals hold the true rate as often as they should, to 2 standard errors', () => {
    const decay: TracedModel = (t, [p, k]) => p!.mul(k!.mul(t).neg().exp());
    const times = Array.from({ length: 12 }, (_, i) => i / 2);
    const random = generator(20);
    let covered = 0;
    for (let set = 0; set < 500; set++) {
      const noise = normals(random, 12);
      const heights = times.map((t, i) => 3 * Math.exp(-0.6 * t) + 0.25 * noise[i]!);
      const { lower, upper } = profileInterval(options(decay, { x: times, y: heights }, [3, 0.6], 1));
      if (lower <= 0.6 && 0.6 <= upper) covered++;
    }
    expect(Math.abs(covered / 500 - 0.95)).toBeLessThan(2 * Math.sqrt((0.95 * 0.05) / 500));
  });
});

import { describe, expect, it } from 'vitest';
import { asymptotics, powerLaw } from '../../src/statistics/convergence.js';
import { geometricInterval, meanInterval } from '../../src/statistics/interval.js';
import { pairedTest } from '../../src/statistics/paired-test.js';
import { performanceProfiles } from '../../src/statistics/performance-profile.js';
import { sensitivity } from '../../src/statistics/sensitivity.js';
import { medianTime, survivalCurve } from '../../src/statistics/survival.js';

describe('intervals', () => {
  it('are those of Student’s t', () => {
    // t(0.975, 4) = 2.7764451051977987; s of 1…5 is √2.5.
    const { estimate, low, high } = meanInterval([1, 2, 3, 4, 5]);
    expect(estimate).toBe(3);
    expect(high - 3).toBeCloseTo((2.7764451051977987 * Math.sqrt(2.5)) / Math.sqrt(5), 12);
    expect(3 - low).toBeCloseTo(high - 3, 12);
  });

  it('of positive values are those of their logarithms', () => {
    const { estimate, low, high } = geometricInterval([1, 10, 100]);
    expect(estimate).toBeCloseTo(10, 12);
    expect(low * high).toBeCloseTo(100, 9);
  });

  it('of equal values have exactly that mean', () => {
    for (const value of [12.3, 0.1, 1e-7 / 3, 4.7e11]) {
      expect(geometricInterval([value]).estimate).toBe(value);
      expect(geometricInterval([value, value, value]).estimate).toBe(value);
      expect(meanInterval([value, value, value]).estimate).toBe(value);
    }
  });

  it('of one value have no ends', () => {
    expect(meanInterval([2])).toEqual({ estimate: 2, low: -Infinity, high: Infinity });
  });
});

describe('the paired test', () => {
  it('counts sign patterns', () => {
    expect(pairedTest([1, 2, 3, 4, 5])).toBe(2 / 32);
    expect(pairedTest([1, -1])).toBe(1);
    // Sums at least 3 from zero of ±3 ±1 ±1: 5, 3, 3 and their negatives.
    expect(pairedTest([3, 1, -1])).toBe(6 / 8);
  });

  it('refuses what it cannot go through', () => {
    expect(() => pairedTest(new Array(21).fill(1))).toThrow(/21 pairs/);
  });
});

describe('survival', () => {
  it('is Kaplan and Meier’s estimate', () => {
    const observations = [
      { time: 1, censored: false },
      { time: 2, censored: true },
      { time: 3, censored: false },
      { time: 4, censored: false },
    ];
    expect(survivalCurve(observations)).toEqual([
      { time: 1, share: 0.75 },
      { time: 3, share: 0.375 },
      { time: 4, share: 0 },
    ]);
    expect(medianTime(observations)).toBe(3);
  });

  it('has no median when most runs are censored', () => {
    expect(
      medianTime([
        { time: 1, censored: false },
        { time: 9, censored: true },
        { time: 9, censored: true },
      ]),
    ).toBeUndefined();
  });

  it('is the ordinary median without censoring, for an even number of runs too', () => {
    const all = (...times: number[]) => times.map((time) => ({ time, censored: false }));
    expect(medianTime(all(1, 3))).toBe(2);
    expect(medianTime(all(8, 1, 2, 4))).toBe(3);
    expect(medianTime(all(8, 1, 4))).toBe(4);
  });

  it('of runs of which half reach the target is when the last of these does', () => {
    expect(
      medianTime([
        { time: 1, censored: false },
        { time: 2, censored: false },
        { time: 9, censored: true },
        { time: 9, censored: true },
      ]),
    ).toBe(2);
  });
});

describe('performance profiles', () => {
  it('are shares of problems within a ratio of the best', () => {
    const profiles = performanceProfiles({ a: [1, 2, undefined, undefined], b: [2, 2, 5, undefined] });
    expect(profiles.a).toEqual([{ ratio: 1, share: 0.5 }]);
    expect(profiles.b).toEqual([
      { ratio: 1, share: 0.5 },
      { ratio: 2, share: 0.75 },
    ]);
  });

  it('take a cost of nothing for a win', () => {
    expect(performanceProfiles({ a: [0], b: [1] })).toEqual({
      a: [{ ratio: 1, share: 1 }],
      b: [{ ratio: Infinity, share: 1 }],
    });
  });
});

describe('convergence', () => {
  it('of Newton on a simple root is quadratic, of gradient descent linear', () => {
    let x = 2;
    const newton = Array.from({ length: 6 }, () => {
      x -= (x * x - 2) / (2 * x);
      return Math.abs(x - Math.SQRT2);
    });
    const known = (errors: readonly number[]) =>
      errors.filter((error) => error > 1e-14).map((error, step) => ({ step, error }));
    expect(asymptotics(known(newton))!.order).toBeCloseTo(2, 1);
    const linear = asymptotics(known(Array.from({ length: 30 }, (_, k) => 0.8 ** k)))!;
    expect(linear.order).toBeCloseTo(1, 6);
    expect(linear.rate).toBeCloseTo(0.8, 9);
  });

  it('exponents are found with their standard errors', () => {
    const exact = powerLaw([1, 10, 100, 1000].map((x) => [x, 3 * Math.sqrt(x)] as const));
    expect(exact.slope).toBeCloseTo(0.5, 12);
    expect(exact.standardError).toBeLessThan(1e-12);
    // Residuals of ln y against ln x = 0, 1, 2: 1/6, −1/3, 1/6 around slope 1/2; s² = 1/6, spread 2.
    const noisy = powerLaw([
      [1, 1],
      [Math.E, 1],
      [Math.E ** 2, Math.E],
    ]);
    expect(noisy.slope).toBeCloseTo(0.5, 12);
    expect(noisy.standardError).toBeCloseTo(Math.sqrt(1 / 6 / 2), 12);
  });
});

describe('sensitivity', () => {
  it('is the width of the region within 5 % of the best', () => {
    const trials = [1e-3, 1e-2, 1e-1].map((value) => ({ value, loss: 1.05 ** Math.abs(2 * Math.log10(value / 1e-2)) }));
    const found = sensitivity(trials)!;
    expect(found.best.value).toBe(1e-2);
    expect(found.decades).toBeCloseTo(1, 12);
    expect(found.open).toBe(false);
  });

  it('says that it may be wider than what was tried', () => {
    expect(
      sensitivity([
        { value: 1, loss: 1 },
        { value: 2, loss: 1.01 },
      ]),
    ).toMatchObject({ low: 1, high: 2, open: true });
  });

  it('leaves out what diverged', () => {
    const found = sensitivity([
      { value: 1, loss: 1 },
      { value: 100, loss: Number.NaN },
      { value: 0.01, loss: 50 },
    ])!;
    expect(found.high).toBeCloseTo(10, 9);
    expect(sensitivity([{ value: 1, loss: Number.POSITIVE_INFINITY }])).toBeUndefined();
  });
});

describe('convergence at steps that are not successive', () => {
  /** Errors with ln e = c·pᵏ (order p), or falling by a rate (order 1). */
  const superlinear = (p: number, steps: readonly number[]) =>
    steps.map((step) => ({ step, error: Math.exp(-0.5 * p ** step) }));
  const linear = (rate: number, steps: readonly number[]) => steps.map((step) => ({ step, error: 3 * rate ** step }));

  it('has the order of the sequence that the errors are from', () => {
    expect(asymptotics(superlinear(2, [0, 1, 2, 4, 5]))!.order).toBeCloseTo(2, 6);
    expect(asymptotics(superlinear(1.618, [1, 2, 4, 6, 7]))!.order).toBeCloseTo(1.618, 6);
    expect(asymptotics(linear(0.9, [0, 10, 30, 70, 150]))!.order).toBeCloseTo(1, 6);
  });

  it('has the rate of a step', () => {
    expect(asymptotics(linear(0.9, [0, 10, 30, 70, 150]))!.rate).toBeCloseTo(0.9, 9);
    expect(asymptotics(linear(0.999, [0, 1000, 3000, 7000]))!.rate).toBeCloseTo(0.999, 9);
  });

  it('below linear has an order below one', () => {
    const slow = [1, 10, 100, 1000, 10_000].map((step) => ({ step, error: 1 / step }));
    expect(asymptotics(slow)!.order).toBeLessThan(1);
  });

  it('is not stated where errors have hardly fallen, or rise in the end', () => {
    expect(asymptotics(linear(0.99, [0, 1, 2, 3]))).toBeUndefined();
    expect(asymptotics([...linear(0.1, [0, 1, 2, 3]), { step: 4, error: 1 }])).toBeUndefined();
    expect(asymptotics([])).toBeUndefined();
  });
});

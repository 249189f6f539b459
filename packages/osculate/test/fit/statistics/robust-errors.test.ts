import { describe, expect, test } from 'vitest';
import { curveFit, fitBands, fitReport, fitStatistics, leastSquares } from '../../../src/fit/index.js';
import { generator } from '../../../src/tensor/index.js';

/** Brownlee's stack loss data: air flow, water temperature, acid concentration, loss. */
const stack = [
  [80, 27, 89, 42],
  [80, 27, 88, 37],
  [75, 25, 90, 37],
  [62, 24, 87, 28],
  [62, 22, 87, 18],
  [62, 23, 87, 18],
  [62, 24, 93, 19],
  [62, 24, 93, 20],
  [58, 23, 87, 15],
  [58, 18, 80, 14],
  [58, 18, 89, 14],
  [58, 17, 88, 13],
  [58, 18, 82, 11],
  [58, 19, 93, 12],
  [50, 18, 89, 8],
  [50, 18, 86, 7],
  [50, 19, 72, 8],
  [50, 19, 79, 8],
  [50, 20, 80, 9],
  [56, 20, 82, 15],
  [70, 20, 91, 15],
];

describe('standard errors after a robust loss', () => {
  test("R's rlm on the stack loss data, Huber's loss with k = 1.345 and its scale 2.441", () => {
    const model = {
      model: ([air, water, acid]: Float64Array, [a, b, c, d]: Float64Array) =>
        a! + b! * air! + c! * water! + d! * acid!,
      gradient: ([air, water, acid]: Float64Array) => [1, air!, water!, acid!],
    };
    const data = { x: stack.map((row) => row.slice(0, 3)), y: stack.map((row) => row[3]!) };
    const fit = curveFit(model, data, { start: [0, 0, 0, 0], loss: 'huber', lossScale: 1.345 * 2.441 });
    const { parameters, residualDeviation, degreesOfFreedom, aic } = fitStatistics(fit);
    // summary(rlm(stack.loss ~ ., stackloss)) as the manual of MASS prints it.
    const values = [-41.0265, 0.8294, 0.9261, -0.1278];
    const errors = [9.8073, 0.1112, 0.3034, 0.1289];
    parameters.forEach(({ value, standardError }, j) => {
      expect(Math.abs(value - values[j]!)).toBeLessThan(2e-3 * Math.abs(values[j]!));
      expect(Math.abs(standardError - errors[j]!)).toBeLessThan(2e-3 * errors[j]!);
    });
    expect(residualDeviation).toBeCloseTo(2.441, 2);
    expect([degreesOfFreedom, aic]).toEqual([17, Number.NaN]);
    expect(fitReport(fit)).toMatch(/errors of an M-estimator, huber loss of scale 3\.28/);
    expect(fitReport(fit)).not.toMatch(/AIC|NaN/);
  });

  test("Huber's location: the closed formula, from counts of points inside and outside", () => {
    const y = [0.2, -0.4, 0.1, 0.5, -0.3, 0.05, 6, -7, 8];
    const s = 1;
    const fit = leastSquares({ residuals: ([p]) => y.map((v) => p! - v), jacobian: () => y.map(() => 1) }, [0], {
      loss: 'huber',
      lossScale: s,
    });
    const p = fit.parameters[0]!;
    const inside = y.filter((v) => Math.abs(p - v) <= s);
    const [m, q] = [y.length, inside.length];
    expect(q).toBe(6);
    expect(p).toBeCloseTo((inside.reduce((a, b) => a + b, 0) + s) / q, 12);
    // ψ is r inside and ±s outside, ψ' is 1 and 0.
    const square = inside.reduce((sum, v) => sum + (p - v) ** 2, 0) + (m - q) * s * s;
    const mean = q / m;
    const kappa = 1 + ((1 / m) * mean * (1 - mean)) / mean ** 2;
    const expected = (kappa * Math.sqrt(square / (m - 1))) / mean / Math.sqrt(m);
    for (const absoluteSigma of [false, true]) {
      const { parameters, quantile } = fitStatistics(fit, { absoluteSigma });
      expect(parameters[0]!.standardError).toBeCloseTo(expected, 12);
      expect(quantile).toBeCloseTo(2.306004, 5);
    }
    expect(fitStatistics(fit).residualDeviation).toBeCloseTo(Math.abs(p + 0.3) / 0.67448975, 7);
  });

  test('a scale above all residuals: ordinary errors', () => {
    const y = [1, 3, 2, 5, 4, 6];
    const data = { x: y.map((_, i) => i), y };
    const model = {
      model: ([t]: Float64Array, [a, b]: Float64Array) => a! + b! * t!,
      gradient: ([t]: Float64Array) => [1, t!],
    };
    const plain = fitStatistics(curveFit(model, data, { start: [0, 0] }));
    const robust = fitStatistics(curveFit(model, data, { start: [0, 0], loss: 'huber', lossScale: 100 }));
    robust.parameters.forEach(({ standardError }, j) => {
      expect(standardError / plain.parameters[j]!.standardError).toBeCloseTo(1, 10);
    });
  });

  test('no errors where the losses of all points have stopped growing', () => {
    const fit = leastSquares({ residuals: ([p]) => [p! - 10, p! + 10, p! - 12] }, [0], { loss: 'tukey', lossScale: 1 });
    expect(fitStatistics(fit).parameters[0]!.standardError).not.toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test('of 400 simulated fits with a tenth of outliers, 95 % intervals hold the rate as often as they should', () => {
    const random = generator(5);
    const x = Array.from({ length: 60 }, (_, i) => i / 15);
    const truth = [3, 0.8] as const;
    const model = {
      model: ([t]: Float64Array, [a, k]: Float64Array) => a! * Math.exp(-k! * t!),
      gradient: ([t]: Float64Array, [a, k]: Float64Array) => [Math.exp(-k! * t!), -a! * t! * Math.exp(-k! * t!)],
    };
    let [robust, narrow, predicted] = [0, 0, 0];
    const runs = 400;
    for (let run = 0; run < runs; run++) {
      const clean = x.map((t) => truth[0] * Math.exp(-truth[1] * t));
      const y = clean.map((v) => v + 0.1 * random.normal() * (random.uniform() < 0.1 ? 10 : 1));
      const fit = curveFit(model, { x, y }, { start: truth, loss: 'huber', lossScale: 0.1345 });
      const statistics = fitStatistics(fit);
      const [low, high] = statistics.parameters[1]!.interval;
      if (low <= truth[1] && truth[1] <= high) robust++;
      const { loss: _, ...asIfPlain } = fit;
      const wide = fitStatistics(asIfPlain).parameters[1]!.interval;
      if (wide[0] <= truth[1] && truth[1] <= wide[1]) narrow++;
      const at = fitBands(fit, [1.01], { statistics }).prediction;
      const next = truth[0] * Math.exp(-truth[1] * 1.01) + 0.1 * random.normal();
      if (at.lower[0]! <= next && next <= at.upper[0]!) predicted++;
    }
    // Two standard errors of a share of 0.95 in 400 are 0.022.
    expect(robust / runs).toBeGreaterThan(0.928);
    expect(robust / runs).toBeLessThan(0.972);
    // s² from all residuals takes the outliers for noise.
    expect(narrow / runs).toBeGreaterThan(0.99);
    // The scale of nine tenths of normal errors is overestimated somewhat.
    expect(predicted / runs).toBeGreaterThan(0.93);
    expect(predicted / runs).toBeLessThan(0.99);
  });
});

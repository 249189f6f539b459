import { describe, expect, it } from 'vitest';
import { curveFit, fitBands, fitStatistics, modelAt, type TracedModel } from '../../../src/fit/index.js';
import { InputError, ShapeError } from '../../../src/tensor/index.js';
import { line, lineFit, x, y } from './line.js';

const straight: TracedModel = (t, [a, b]) => a!.add(b!.mul(t));
const decay: TracedModel = (t, [a, k]) => a!.mul(k!.mul(t).neg().exp());

describe('modelAt', () => {
  const at = [0, 0.5, 3];
  const [a, k] = [2, 0.7];
  const values = at.map((t) => a * Math.exp(-k * t));
  const jacobian = at.flatMap((t) => [Math.exp(-k * t), -a * t * Math.exp(-k * t)]);

  it('has the values and derivatives of a traced model', () => {
    const found = modelAt(decay, at, [a, k]);
    found.values.forEach((v, i) => {
      expect(v).toBeCloseTo(values[i]!, 14);
    });
    found.jacobian.forEach((v, i) => {
      expect(v).toBeCloseTo(jacobian[i]!, 14);
    });
  });

  it('has those of a plain model, by differences or by its gradient', () => {
    const model = ([t]: Float64Array, [p, q]: Float64Array): number => p! * Math.exp(-q! * t!);
    const gradient = ([t]: Float64Array, [p, q]: Float64Array): number[] => [
      Math.exp(-q! * t!),
      -p! * t! * Math.exp(-q! * t!),
    ];
    modelAt({ model }, at, [a, k]).jacobian.forEach((v, i) => {
      expect(v).toBeCloseTo(jacobian[i]!, 8);
    });
    modelAt({ model, gradient }, at, [a, k]).jacobian.forEach((v, i) => {
      expect(v).toBeCloseTo(jacobian[i]!, 14);
    });
  });

  it('takes rows of predictors, and a model that is constant', () => {
    const plane: TracedModel = (t, [p]) => p!.mul(t.sum([1]));
    expect([
      ...modelAt(
        plane,
        [
          [1, 2],
          [3, 4],
        ],
        [5],
      ).values,
    ]).toEqual([15, 35]);
    expect([...modelAt((_, [p]) => p!.mul(2), [0, 1, 2], [5]).values]).toEqual([10, 10, 10]);
  });

  it('refuses points that are not finite and models of another length', () => {
    expect(() => modelAt(decay, [0, Number.NaN], [1, 1])).toThrow(InputError);
    expect(() => modelAt((t) => t.slice([0], [1]), [0, 1], [1])).toThrow(ShapeError);
  });
});

describe('fitBands', () => {
  const { a, b, variance, mean, sxx } = line();
  const statistics = fitStatistics(lineFit());
  const at = [-3, 0, 4.2, 20];
  const spread = (t: number): number => variance * (1 / x.length + (t - mean) ** 2 / sxx);

  it('has the hyperbolas of the closed form for a straight line', () => {
    const { confidence, prediction, standardErrors } = fitBands(modelAt(straight, at, [a, b]), statistics);
    at.forEach((t, i) => {
      const half = statistics.quantile * Math.sqrt(spread(t));
      const wide = statistics.quantile * Math.sqrt(spread(t) + variance);
      expect(standardErrors[i]).toBeCloseTo(Math.sqrt(spread(t)), 12);
      expect(confidence.lower[i]).toBeCloseTo(a + b * t - half, 11);
      expect(confidence.upper[i]).toBeCloseTo(a + b * t + half, 11);
      expect(prediction.lower[i]).toBeCloseTo(a + b * t - wide, 11);
      expect(prediction.upper[i]).toBeCloseTo(a + b * t + wide, 11);
    });
  });

  it('scales the noise of a new observation by its sigma, which is absolute when those of the fit are', () => {
    const absolute = fitStatistics(lineFit(), { absoluteSigma: true });
    const model = modelAt(straight, [4], [a, b]);
    const width = (s: typeof statistics, sigma: number | number[]): number => {
      const { lower, upper } = fitBands(model, s, sigma).prediction;
      return (upper[0]! - lower[0]!) / 2 / s.quantile;
    };
    expect(width(statistics, [3]) ** 2).toBeCloseTo(spread(4) + 9 * variance, 11);
    expect(width(absolute, 0.5) ** 2).toBeCloseTo(spread(4) / variance + 0.25, 11);
  });

  it('stays finite where an undetermined parameter has no influence', () => {
    const model: TracedModel = (t, [p, q]) => p!.add(q!.mul(t));
    const data = { x: [0, 0, 0], y: [1, 2, 4] };
    const fit = curveFit(model, data, { start: [0, 1] });
    const { standardErrors } = fitBands(modelAt(model, [0, 1], fit.parameters), fitStatistics(fit));
    expect(standardErrors[0]).toBeCloseTo(Math.sqrt(14 / 3 / 2 / 3), 12);
    expect(standardErrors[1]).toBe(Number.POSITIVE_INFINITY);
  });

  it('stays finite where the data determine the curve but not its parameters', () => {
    const model: TracedModel = (t, [p, q, r]) => p!.add(q!).add(r!.mul(t));
    const fit = curveFit(model, { x, y }, { start: [0, 1, 1] });
    const { standardErrors } = fitBands(modelAt(model, at, fit.parameters), fitStatistics(fit));
    at.forEach((t, i) => {
      expect(standardErrors[i]).toBeCloseTo(Math.sqrt(spread(t)), 10);
    });
  });

  it('refuses derivatives and sigmas of another number', () => {
    const model = { values: Float64Array.of(1), jacobian: Float64Array.of(1) };
    expect(() => fitBands(model, statistics)).toThrow(ShapeError);
    expect(() => fitBands(modelAt(straight, at, [a, b]), statistics, [1])).toThrow('1 values of sigma for 4');
  });

  it('covers the data of a fit at its own points', () => {
    const fit = curveFit(straight, { x, y }, { start: [0, 0] });
    const { prediction } = fitBands(modelAt(straight, x, fit.parameters), fitStatistics(fit));
    y.forEach((v, i) => {
      expect(v).toBeGreaterThan(prediction.lower[i]!);
      expect(v).toBeLessThan(prediction.upper[i]!);
    });
  });
});

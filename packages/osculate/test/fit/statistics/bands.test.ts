import { describe, expect, it } from 'vitest';
import { parseTies } from '../../../src/fit/expression.js';
import { curveFit, fitBands, fitStatistics, type TracedModel } from '../../../src/fit/index.js';
import { InputError, ShapeError } from '../../../src/tensor/index.js';
import { line, x, y } from './line.js';

const straight: TracedModel = (t, [a, b]) => a!.add(b!.mul(t));
const decay: TracedModel = (t, [a, k]) => a!.mul(k!.mul(t).neg().exp());

describe('the curve of a fit', () => {
  const at = [0, 0.5, 3];
  const [a, k] = [2, 0.7];
  const times = [0, 1, 2, 4];
  const data = { x: times, y: times.map((t) => a * Math.exp(-k * t)) };
  const values = at.map((t) => a * Math.exp(-k * t));
  const jacobian = at.flatMap((t) => [Math.exp(-k * t), -a * t * Math.exp(-k * t)]);
  const close = (found: Float64Array, expected: readonly number[], digits: number) => {
    expect(found).toHaveLength(expected.length);
    found.forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i]!, digits);
    });
  };

  it('has the values and derivatives of a traced model, at any number of points', () => {
    const fit = curveFit(decay, data, { start: [1, 1] });
    close(fit.at(at).values, values, 12);
    close(fit.at(at).jacobian, jacobian, 12);
    expect(fit.predict(at)).toEqual(fit.at(at).values);
    for (const count of [1, 7, 2, 7]) {
      const many = Array.from({ length: count }, (_, i) => i / 3);
      close(
        fit.predict(many),
        many.map((t) => a * Math.exp(-k * t)),
        12,
      );
    }
    expect(fit.predict([])).toEqual(new Float64Array(0));
  });

  it('has those of a plain model, by differences or by its gradient', () => {
    const model = ([t]: Float64Array, [p, q]: Float64Array): number => p! * Math.exp(-q! * t!);
    const gradient = ([t]: Float64Array, [p, q]: Float64Array): number[] => [
      Math.exp(-q! * t!),
      -p! * t! * Math.exp(-q! * t!),
    ];
    close(curveFit({ model }, data, { start: [1, 1] }).at(at).jacobian, jacobian, 7);
    close(curveFit({ model, gradient }, data, { start: [1, 1] }).at(at).jacobian, jacobian, 12);
  });

  it('takes rows of as many predictors as the data had, and a model that is constant', () => {
    const rows = [
      [1, 2],
      [3, 4],
    ];
    const plane = curveFit((t, { p }) => p.mul(t.sum([1])), { x: rows, y: [15, 35] }, { start: { p: 1 } });
    close(plane.predict([[1, 1], ...rows]), [10, 15, 35], 12);
    expect(() => plane.predict([1, 2])).toThrow('x is a plain list, but the fit had rows of 2');
    const flat = curveFit((_, { p }) => p.mul(2), { x: [1, 2], y: [10, 10] }, { start: { p: 1 } });
    close(flat.predict([0, 1, 2]), [10, 10, 10], 12);
  });

  it('has tied and fixed parameters at their values', () => {
    const tied = parseTies({ c: 'a/2' });
    const truth = times.map((t) => 3 * Math.exp(-0.5 * t) + 1.5);
    const fit = curveFit(
      (t, { a: height, k: rate, c }) => height.mul(rate.mul(t).neg().exp()).add(c),
      { x: times, y: truth },
      { start: { a: 1 }, fixed: { k: 0.5 }, tied },
    );
    close(fit.predict([3]), [3 * Math.exp(-1.5) + 1.5], 10);
  });

  it('refuses points that are not finite and models of another length', () => {
    const fit = curveFit(decay, data, { start: [1, 1] });
    expect(() => fit.predict([0, Number.NaN])).toThrow(InputError);
    const four = curveFit((t, [p]) => t.slice([0], [4]).mul(p), data, { start: [1] });
    expect(() => four.predict([0, 1, 2, 3, 4])).toThrow(ShapeError);
  });
});

describe('fitBands', () => {
  const { a, b, variance, mean, sxx } = line();
  const fit = curveFit(straight, { x, y }, { start: [0, 0] });
  const { statistics } = fit;
  const at = [-3, 0, 4.2, 20];
  const spread = (t: number): number => variance * (1 / x.length + (t - mean) ** 2 / sxx);

  it('has the hyperbolas of the closed form for a straight line', () => {
    const { confidence, prediction, standardErrors } = fitBands(fit, at);
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
    const absolute = fitStatistics(fit, { absoluteSigma: true });
    const width = (s: typeof statistics, sigma: number | number[]): number => {
      const { lower, upper } = fitBands(fit, [4], { statistics: s, sigma }).prediction;
      return (upper[0]! - lower[0]!) / 2 / s.quantile;
    };
    expect(width(statistics, [3]) ** 2).toBeCloseTo(spread(4) + 9 * variance, 11);
    expect(width(absolute, 0.5) ** 2).toBeCloseTo(spread(4) / variance + 0.25, 11);
  });

  it('stays finite where an undetermined parameter has no influence', () => {
    const model: TracedModel = (t, [p, q]) => p!.add(q!.mul(t));
    const data = { x: [0, 0, 0], y: [1, 2, 4] };
    const loose = curveFit(model, data, { start: [0, 1] });
    const { standardErrors } = fitBands(loose, [0, 1]);
    expect(standardErrors[0]).toBeCloseTo(Math.sqrt(14 / 3 / 2 / 3), 12);
    expect(standardErrors[1]).toBe(Number.POSITIVE_INFINITY);
  });

  it('stays finite where the data determine the curve but not its parameters', () => {
    const model: TracedModel = (t, [p, q, r]) => p!.add(q!).add(r!.mul(t));
    const { standardErrors } = fitBands(curveFit(model, { x, y }, { start: [0, 1, 1] }), at);
    at.forEach((t, i) => {
      expect(standardErrors[i]).toBeCloseTo(Math.sqrt(spread(t)), 10);
    });
  });

  it('refuses derivatives and sigmas of another number', () => {
    const { statistics: other } = curveFit((t, [p]) => t.mul(p), { x, y }, { start: [1] });
    expect(() => fitBands(fit, at, { statistics: other })).toThrow(ShapeError);
    expect(() => fitBands(fit, at, { sigma: [1] })).toThrow('1 values of sigma for 4');
  });

  it('covers the data of a fit at its own points', () => {
    const { prediction } = fitBands(fit, x);
    y.forEach((v, i) => {
      expect(v).toBeGreaterThan(prediction.lower[i]!);
      expect(v).toBeLessThan(prediction.upper[i]!);
    });
  });
});

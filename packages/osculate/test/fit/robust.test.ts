import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { curveFit, type LossName, leastSquares, type TracedModel } from '../../src/fit/index.js';
import { generator } from '../../src/tensor/index.js';

interface Oracle {
  readonly x: number[];
  readonly y: number[];
  readonly start: number[];
  readonly scale: number;
  readonly fits: Readonly<Record<LossName, { readonly parameters: number[]; readonly cost: number }>>;
}

const oracle: Oracle = JSON.parse(readFileSync(new URL('fixtures/robust.json', import.meta.url), 'utf8'));
const losses = Object.keys(oracle.fits) as LossName[];

const traced: TracedModel = (x, [a, k, c]) => a!.mul(k!.mul(x).neg().exp()).add(c!);
const numeric = { model: ([x]: Float64Array, [a, k, c]: Float64Array) => a! * Math.exp(-k! * x!) + c! };

describe('robust losses', () => {
  test.each(losses)('%s: SciPy finds the same minimum', (loss) => {
    const { x, y, start, scale, fits } = oracle;
    for (const model of [traced, numeric]) {
      const result = curveFit(model, { x, y }, { start, loss, lossScale: scale });
      expect(result.status).toMatch(/^(converged|relative)/);
      expect(result.cost / fits[loss].cost).toBeCloseTo(1, 10);
      // SciPy ends where its cost no longer changes: half the digits of the parameters.
      fits[loss].parameters.forEach((p, j) => {
        expect(result.parameters[j]! / p).toBeCloseTo(1, 6);
      });
    }
  });

  test.each(losses)('%s: the gradient of the cost vanishes at the solution, by differences of its formula', (loss) => {
    const { x, y, start, scale } = oracle;
    const { parameters } = curveFit(traced, { x, y }, { start, loss, lossScale: scale });
    const cost = (p: Float64Array): number =>
      x.reduce((sum, at, i) => sum + rho[loss](((numeric.model(Float64Array.of(at), p) - y[i]!) / scale) ** 2), 0) *
      (scale ** 2 / 2);
    for (const j of [0, 1, 2]) {
      const moved = (h: number): number => cost(parameters.map((p, k) => (k === j ? p + h : p)));
      expect((moved(1e-5) - moved(-1e-5)) / 2e-5).toBeCloseTo(0, 7);
    }
  });

  /** Scales that cost 5 % of efficiency on normal errors (Holland and Welsch 1977), as multiples of their standard deviation. */
  const tuning = { huber: 1.345, 'soft-l1': 1.345, cauchy: 2.385, arctan: 2.385, tukey: 4.685 };

  test.each(Object.entries(tuning) as [LossName, number][])(
    '%s: outliers in every fifth point hardly move the fit',
    (loss, multiple) => {
      const random = generator(11);
      const x = Array.from({ length: 200 }, (_, i) => i / 50);
      const outlier = (i: number): number => (i % 5 === 2 ? 4 + random.normal() : 0);
      const y = x.map((at, i) => 3 * Math.exp(-1.3 * at) + 0.5 + 0.05 * random.normal() + outlier(i));
      const start = [2.5, 1, 0.3];
      const fit = (from: readonly number[] | Float64Array, name: LossName): Float64Array =>
        curveFit(traced, { x, y }, { start: from, loss: name, lossScale: 0.05 * multiple }).parameters;
      // Losses that redescend start from where one that does not has ended.
      const distance = (p: Float64Array): number => Math.max(...[3, 1.3, 0.5].map((t, j) => Math.abs(p[j]! - t)));
      expect(distance(fit(start, 'linear'))).toBeGreaterThan(0.5);
      expect(distance(fit(fit(start, 'huber'), loss))).toBeLessThan(0.12);
    },
  );

  test('with bounds: the constrained minimum', () => {
    const { x, y, start, scale } = oracle;
    const result = curveFit(
      traced,
      { x, y },
      { start, loss: 'cauchy', lossScale: scale, bounds: { lower: [0, 0, 0.55], upper: [9, 9, 9] } },
    );
    expect(result.parameters[2]).toBe(0.55);
    expect(Array.from(result.activeBounds)).toEqual([0, 0, -1]);
    expect(result.gradientNorm).toBeLessThan(1e-8);
  });

  test('unknown losses and scales that are not positive are refused', () => {
    const f = { residuals: (p: Float64Array) => [p[0]!] };
    expect(() => leastSquares(f, [1], { loss: 'biweight' as LossName })).toThrow(
      /loss "biweight" is not one of linear, huber/,
    );
    expect(() => leastSquares(f, [1], { loss: 'huber', lossScale: 0 })).toThrow(/lossScale is 0/);
  });
});

/** The losses by their textbook formulas. */
const rho: Readonly<Record<LossName, (z: number) => number>> = {
  linear: (z) => z,
  huber: (z) => (z <= 1 ? z : 2 * Math.sqrt(z) - 1),
  'soft-l1': (z) => 2 * (Math.sqrt(1 + z) - 1),
  cauchy: (z) => Math.log(1 + z),
  arctan: (z) => Math.atan(z),
  tukey: (z) => (z < 1 ? (1 - (1 - z) ** 3) / 3 : 1 / 3),
};

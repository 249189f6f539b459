import { describe, expect, test } from 'vitest';
import { curveFit, fitReport, type TracedModel } from '../../src/fit/index.js';
import { generator, type Tensor } from '../../src/tensor/index.js';
import { normals } from './random.js';

const line: TracedModel = (x, [a, b]) => a!.add(b!.mul(x));
const x = [0, 1, 2, 3, 4, 5];
const y = [1.1, 2.9, 5.2, 6.8, 9.1, 10.7];

/** Weighted straight line in closed form, W = diag(w). */
function weightedLine(w: readonly number[]): [number, number] {
  const sum = (f: (i: number) => number): number => x.reduce((s, _, i) => s + w[i]! * f(i), 0);
  const [s, sx, sy, sxx, sxy] = [
    sum(() => 1),
    sum((i) => x[i]!),
    sum((i) => y[i]!),
    sum((i) => x[i]! ** 2),
    sum((i) => x[i]! * y[i]!),
  ];
  const slope = (s * sxy - sx * sy) / (s * sxx - sx * sx);
  return [(sy - slope * sx) / s, slope];
}

describe('curveFit', () => {
  test('a straight line has its closed form', () => {
    const { parameters, residuals, cost, names } = curveFit(line, { x, y }, { start: [0, 0] });
    const [a, b] = weightedLine(x.map(() => 1));
    expect(parameters[0]).toBeCloseTo(a, 12);
    expect(parameters[1]).toBeCloseTo(b, 12);
    residuals.forEach((r, i) => {
      expect(r).toBeCloseTo(a + b * x[i]! - y[i]!, 12);
    });
    expect(cost).toBeCloseTo(residuals.reduce((s, r) => s + r * r, 0) / 2, 14);
    expect(names).toEqual(['b1', 'b2']);
  });

  test('sigma weighs residuals by its inverse', () => {
    const sigma = [1, 0.1, 2, 0.5, 1, 3];
    const { parameters, jacobian } = curveFit(line, { x, y, sigma }, { start: [0, 0] });
    const [a, b] = weightedLine(sigma.map((s) => s ** -2));
    expect(parameters[0]).toBeCloseTo(a, 11);
    expect(parameters[1]).toBeCloseTo(b, 11);
    expect(Array.from(jacobian)).toEqual(sigma.flatMap((s, i) => [1 / s, x[i]! / s]));
  });

  test('one sigma for all changes the cost only', () => {
    const [one, all] = [
      curveFit(line, { x, y }, { start: [0, 0] }),
      curveFit(line, { x, y, sigma: 0.5 }, { start: [0, 0] }),
    ];
    expect(all.parameters[1]).toBeCloseTo(one.parameters[1]!, 12);
    expect(all.cost).toBeCloseTo(4 * one.cost, 12);
  });

  test('a diagonal covariance is sigma squared', () => {
    const sigma = [1, 0.1, 2, 0.5, 1, 3];
    const covariance = sigma.map((s, i) => sigma.map((_, j) => (i === j ? s * s : 0)));
    const [a, b] = [
      curveFit(line, { x, y, sigma }, { start: [0, 0] }),
      curveFit(line, { x, y, covariance }, { start: [0, 0] }),
    ];
    expect(b.parameters[0]).toBeCloseTo(a.parameters[0]!, 12);
    expect(b.cost).toBeCloseTo(a.cost, 12);
  });

  test('a full covariance: the generalised normal equations hold, and the cost is ½rᵀΣ⁻¹r', () => {
    // An AR(1) covariance, whose inverse is tridiagonal.
    const rho = 0.6;
    const covariance = Float64Array.from({ length: 36 }, (_, at) => rho ** Math.abs(Math.floor(at / 6) - (at % 6)));
    const precision = (i: number, j: number): number => {
      const diagonal = i === 0 || i === 5 ? 1 : 1 + rho * rho;
      return (i === j ? diagonal : Math.abs(i - j) === 1 ? -rho : 0) / (1 - rho * rho);
    };
    const saturating: TracedModel = (t, [a, k]) => a!.mul(k!.mul(t).neg().exp().neg().add(1)).add(1);
    const { parameters, cost } = curveFit(saturating, { x, y, covariance }, { start: [20, 0.1] });
    const [a, k] = parameters as unknown as [number, number];
    const r = x.map((t, i) => a * (1 - Math.exp(-k * t)) + 1 - y[i]!);
    const weighted = r.map((_, i) => r.reduce((s, other, j) => s + precision(i, j) * other, 0));
    const along = (f: (t: number) => number): number => x.reduce((s, t, i) => s + f(t) * weighted[i]!, 0);
    expect(along((t) => 1 - Math.exp(-k * t))).toBeCloseTo(0, 10);
    expect(along((t) => a * t * Math.exp(-k * t)) / a).toBeCloseTo(0, 10);
    expect(cost).toBeCloseTo(r.reduce((s, value, i) => s + value * weighted[i]!, 0) / 2, 11);
  });

  test('a covariance weighs functions of plain numbers as it does traced ones, with and without a gradient', () => {
    const covariance = Float64Array.from({ length: 36 }, (_, at) => 0.6 ** Math.abs(Math.floor(at / 6) - (at % 6)));
    const saturating: TracedModel = (t, [a, k]) => a!.mul(k!.mul(t).neg().exp().neg().add(1)).add(1);
    const model = ([t]: Float64Array, [a, k]: Float64Array): number => a! * (1 - Math.exp(-k! * t!)) + 1;
    const gradient = ([t]: Float64Array, [a, k]: Float64Array): number[] => [
      1 - Math.exp(-k! * t!),
      a! * t! * Math.exp(-k! * t!),
    ];
    const expected = curveFit(saturating, { x, y, covariance }, { start: [20, 0.1] });
    for (const plain of [{ model }, { model, gradient }]) {
      // At the start, on its bound, the differences are one-sided.
      const bounds = { lower: [20, 0], upper: [1e3, 9] };
      const { parameters, cost } = curveFit(plain, { x, y, covariance }, { start: [20, 0.1], bounds });
      for (const [j, p] of expected.parameters.entries()) expect(parameters[j]! / p).toBeCloseTo(1, 6);
      expect(cost).toBeCloseTo(expected.cost, 11);
    }
  });

  test('rows of predictors, traced and of plain numbers', () => {
    const random = generator(3);
    const rows = Array.from({ length: 30 }, () => normals(random, 2));
    const observed = rows.map(([u, v]) => 2 * Math.exp(-u! * 0.7) + 0.3 * v!);
    const model: TracedModel = (at, [a, k, c]) => {
      const column = (j: number) => at.slice([0, j], [30, j + 1]).reshape([30]);
      return a!.mul(column(0).mul(k!).neg().exp()).add(c!.mul(column(1)));
    };
    const numeric = {
      model: ([u, v]: Float64Array, [a, k, c]: Float64Array) => a! * Math.exp(-k! * u!) + c! * v!,
      gradient: ([u, v]: Float64Array, [a, k]: Float64Array) => [Math.exp(-k! * u!), -a! * u! * Math.exp(-k! * u!), v!],
    };
    for (const form of [model, numeric]) {
      const { parameters } = curveFit(form, { x: rows, y: observed }, { start: [1, 0, 0] });
      for (const [j, p] of [2, 0.7, 0.3].entries()) expect(parameters[j]).toBeCloseTo(p, 12);
    }
  });

  test('a remembered model sees new data, weights and shapes', () => {
    const first = curveFit(line, { x, y }, { start: [0, 0] });
    const doubled = curveFit(line, { x, y: y.map((v) => 2 * v) }, { start: [0, 0] });
    const shorter = curveFit(line, { x: x.slice(0, 2), y: y.slice(0, 2) }, { start: [0, 0] });
    expect(doubled.parameters[1]).toBeCloseTo(2 * first.parameters[1]!, 12);
    expect(shorter.parameters[1]).toBeCloseTo(1.8, 12);
    expect(shorter.relativeOffset).toBeNaN();
  });

  test('a start by name gives the names; names give another order', () => {
    const start = { intercept: 0, slope: 1 };
    const model = (t: Tensor, { slope, intercept }: Record<'slope' | 'intercept', Tensor>) =>
      intercept.add(slope.mul(t));
    expect(curveFit(model, { x, y }, { start }).names).toEqual(['intercept', 'slope']);
    const turned = curveFit(model, { x, y }, { start, names: ['slope', 'intercept'] });
    expect(turned.parameters[0]).toBeCloseTo(weightedLine(x.map(() => 1))[1], 12);
    expect(turned.values.slope).toBe(turned.parameters[0]);
  });

  test('the task as a reader meets it: names are typed, the report has R², predictions are for any points', () => {
    const at = Array.from({ length: 20 }, (_, i) => i / 5);
    const data = { x: at, y: at.map((t, i) => 3 * Math.exp(-0.9 * t) + 0.5 + 0.01 * Math.sin(17 * i)) };
    const fit = curveFit((t, { a, k, c }) => a.mul(t.mul(k).neg().exp()).add(c), data, { start: { a: 4, k: 1, c: 0 } });
    const { a, k, c } = fit.values;
    expect(fitReport(fit)).toMatch(/R² +0\.999\d+/);
    const predicted: Float64Array = fit.predict([0.05, 10]);
    [0.05, 10].forEach((t, i) => {
      expect(predicted[i]).toBeCloseTo(a * Math.exp(-k * t) + c, 13);
    });
    // @ts-expect-error There is no parameter of this name.
    expect(fit.values.q).toBeUndefined();
    // @ts-expect-error Nor does the model get one.
    const astray = () => curveFit((t, { q }) => q.mul(t), data, { start: { a: 1 } });
    expect(astray).toThrow('it was given x and the parameters a');
  });

  test('a start that is an interface, and plain numbers by name with their gradient by name', () => {
    interface Line {
      slope: number;
      offset: number;
    }
    const start: Line = { slope: 1, offset: 0 };
    const traced = curveFit((t, { slope, offset }) => t.mul(slope).add(offset), { x, y }, { start });
    const plain = curveFit(
      {
        model: ([t], { slope, offset }) => slope * t! + offset,
        gradient: ([t]) => ({ offset: 1, slope: t! }),
      },
      { x, y },
      { start, bounds: { slope: [0, 9] } },
    );
    const [offset, slope] = weightedLine(x.map(() => 1));
    for (const { values } of [traced, plain]) {
      expect(values.slope).toBeCloseTo(slope, 11);
      expect(values.offset).toBeCloseTo(offset, 11);
    }
    expect(() => curveFit((t, p) => t.mul(p.slope), { x, y }, { start, bounds: { steep: [0, 1] } })).toThrow(
      'bounds: there is no parameter "steep"; there are slope, offset',
    );
  });

  test('a model that is one number for all points fits the mean', () => {
    const { parameters } = curveFit((_, [a]) => a!, { x, y }, { start: [0] });
    expect(parameters[0]).toBeCloseTo(y.reduce((s, v) => s + v, 0) / 6, 13);
  });

  test.each([
    ['y not finite', { x, y: [1, 2, Number.NaN, 4, 5, 6] }, /y is NaN at row 2/],
    [
      'x not finite',
      {
        x: [
          [0, 1],
          [1, Infinity],
        ],
        y: [1, 2],
      },
      /x is Infinity at row 1, column 1/,
    ],
    ['lengths', { x, y: [1] }, /6 rows of x and 1 of y/],
    ['no data', { x: [], y: [] }, /no data/],
    ['ragged x', { x: [[0, 1], [1]], y: [1, 2] }, /row 1 of x has 1 numbers, row 0 has 2/],
    ['sigma of zero', { x, y, sigma: [1, 1, 0, 1, 1, 1] }, /sigma is 0 at row 2/],
    ['too few sigmas', { x, y, sigma: [1] }, /1 values of sigma for 6/],
    ['sigma and covariance', { x: [1], y: [1], sigma: 1, covariance: [1] }, /not both/],
    ['size of the covariance', { x, y, covariance: [1] }, /1 elements for 6 observations/],
    ['indefinite covariance', { x: [1, 2], y: [1, 2], covariance: [1, 2, 2, 1] }, /not positive definite/],
  ])('refuses %s', (_, data, message) => {
    expect(() => curveFit(line, data, { start: [0, 0] })).toThrow(message);
  });

  test('refuses a model of the wrong size, and starts without a value for a name', () => {
    expect(() => curveFit((t, [a]) => t.slice([0], [2]).mul(a!), { x, y }, { start: [0] })).toThrow(/return 6 values/);
    expect(() => curveFit((t, { a }) => a.mul(t), { x, y }, { start: { a: 1 }, names: ['a', 'b'] })).toThrow(
      /the start of b is undefined; give a finite number/,
    );
  });
});

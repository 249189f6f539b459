import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseTies } from '../../src/fit/expression.js';
import {
  curveFit,
  fitReport,
  fitStatistics,
  type Model,
  type OrthogonalData,
  orthogonalDistanceFit,
} from '../../src/fit/index.js';
import { generator, InputError, ShapeError } from '../../src/tensor/index.js';

interface Problem extends OrthogonalData {
  readonly x: number[] | number[][];
  readonly start: number[];
  readonly parameters: number[];
  readonly standardErrors: number[];
  readonly covariance: number[][];
  readonly sumOfSquares: number;
  readonly residualVariance: number;
  readonly delta: number[] | number[][];
}

const odrpack: Readonly<Record<string, Problem>> = JSON.parse(
  readFileSync(new URL('fixtures/odr.json', import.meta.url), 'utf8'),
);

/** Each model traced, of plain numbers, and of these with a gradient. */
const models: Readonly<Record<string, readonly Model[]>> = {
  pearson: [
    (x, [a, b]) => x.mul(b!).add(a!),
    { model: ([x], [a, b]) => a! + b! * x! },
    { model: ([x], [a, b]) => a! + b! * x!, gradient: ([x]) => [1, x!] },
  ],
  decay: [
    (x, [a, k, c]) => a!.mul(k!.mul(x).neg().exp()).add(c!),
    { model: ([x], [a, k, c]) => a! * Math.exp(-k! * x!) + c! },
    {
      model: ([x], [a, k, c]) => a! * Math.exp(-k! * x!) + c!,
      gradient: ([x], [a, k]) => [Math.exp(-k! * x!), -a! * x! * Math.exp(-k! * x!), 1],
    },
  ],
  guide: [
    (x, [a, b, k]) => {
      const u = k!.mul(x).exp().sub(1);
      return a!.add(b!.mul(u.mul(u)));
    },
    { model: ([x], [a, b, k]) => a! + b! * Math.expm1(k! * x!) ** 2 },
  ],
  surface: [
    (x, [a, p, k]) => {
      const [m = 0] = x.shape;
      const column = (c: number) => x.slice([0, c], [m, c + 1]).reshape([m]);
      return a!.mul(p!.mul(column(0).log()).exp()).mul(k!.mul(column(1)).neg().exp());
    },
    { model: ([u, v], [a, p, k]) => a! * u! ** p! * Math.exp(-k! * v!) },
  ],
};

const problem = (name: string): Problem => odrpack[name]!;
const modelsOf = (name: string): readonly Model[] => models[name]!;

const cases = Object.entries(models).flatMap(([name, list]) =>
  list.map((model, i): [string, string, Model] => [name, ['traced', 'plain numbers', 'with a gradient'][i]!, model]),
);

describe('orthogonalDistanceFit', () => {
  test.each(cases)('%s, %s: parameters, errors, covariance and δ of ODRPACK', (name, _, model) => {
    const { start, ...expected } = problem(name);
    const fit = orthogonalDistanceFit(model, expected, { start });
    expect(fit.status).toMatch(/^(converged|relative)/);
    expect((2 * fit.cost) / expected.sumOfSquares).toBeCloseTo(1, 9);
    const statistics = fitStatistics(fit);
    expect(statistics.residualDeviation ** 2 / expected.residualVariance).toBeCloseTo(1, 9);
    const unscaled = fitStatistics(fit, { absoluteSigma: true }).covariance;
    // ODRPACK ends where its sum of squares no longer changes, with half the digits of the parameters, and so of all that follows.
    expected.parameters.forEach((value, i) => {
      expect(fit.parameters[i]! / value).toBeCloseTo(1, 6);
      expect(statistics.parameters[i]!.standardError / expected.standardErrors[i]!).toBeCloseTo(1, 5);
      expected.covariance[i]!.forEach((c, j) => {
        expect(unscaled.data[i * unscaled.rows + j]! / c).toBeCloseTo(1, 5);
      });
    });
    expected.delta.flat().forEach((delta, i) => {
      expect(fit.deltas[i]! - delta).toBeCloseTo(0, 5);
    });
  });

  test("Pearson's data with York's weights: the published values", () => {
    const { start, ...data } = problem('pearson');
    const fit = orthogonalDistanceFit(modelsOf('pearson')[0]!, data, { start });
    // York, Evensen, Martínez and De Basabe Delgado 2004, table I; more digits: Reed 1992.
    expect(fit.parameters[0]).toBeCloseTo(5.47991022, 8);
    expect(fit.parameters[1]).toBeCloseTo(-0.480533407, 9);
    expect((2 * fit.cost) / 8).toBeCloseTo(1.4832941, 6);
  });

  test('the straight line with equal errors: total least squares in closed form', () => {
    const x = [1, 2, 3.5, 4, 5.5, 7];
    const y = [2.1, 3.9, 7.2, 8.3, 10.6, 14.4];
    const fit = orthogonalDistanceFit(
      (t, [a, b]) => t.mul(b!).add(a!),
      { x, y, sigmaX: 0.3, sigmaY: 0.3 },
      { start: [0, 1] },
    );
    const mean = (v: number[]): number => v.reduce((s, e) => s + e, 0) / v.length;
    const sum = (u: number[], v: number[]): number => u.reduce((s, e, i) => s + (e - mean(u)) * (v[i]! - mean(v)), 0);
    const [sxx, syy, sxy] = [sum(x, x), sum(y, y), sum(x, y)];
    const slope = (syy - sxx + Math.sqrt((syy - sxx) ** 2 + 4 * sxy ** 2)) / (2 * sxy);
    expect(fit.parameters[1]).toBeCloseTo(slope, 11);
    expect(fit.parameters[0]).toBeCloseTo(mean(y) - slope * mean(x), 10);
    // Each point moves at right angles to the line.
    x.forEach((xi, i) => {
      const [d, e] = [fit.deltas[i]!, fit.epsilons[i]!];
      expect(d + slope * e).toBeCloseTo(0, 9);
      expect(y[i]! + e).toBeCloseTo(fit.parameters[0]! + slope * (xi + d), 11);
    });
  });

  test.each(['decay', 'surface', 'guide'])('%s: as σx → 0 it becomes the ordinary fit, which it is at 0', (name) => {
    const { start, x, y } = problem(name);
    const [model] = modelsOf(name) as [Model];
    const plain = curveFit(model, { x, y, sigma: 0.05 }, { start });
    const distance = (sigmaX: number): number => {
      const { parameters } = orthogonalDistanceFit(model, { x, y, sigmaX, sigmaY: 0.05 }, { start });
      return Math.max(...parameters.map((p, j) => Math.abs(p / plain.parameters[j]! - 1)));
    };
    expect(distance(0)).toBeLessThan(1e-9);
    // The difference is of second order in σx.
    const scale = name === 'guide' ? 1e-3 : 1e-2;
    const [far, near] = [distance(scale), distance(scale / 10)];
    expect(far / near).toBeGreaterThan(80);
    expect(far / near).toBeLessThan(120);
  });

  test('some points and columns exact', () => {
    const { start, x, y } = problem('surface');
    const [traced, plain] = modelsOf('surface') as [Model, Model];
    const some = (x as number[][]).map((_, i) => [i % 3 === 0 ? 0 : 0.05, 0]);
    const fits = [traced, plain].map((model) =>
      orthogonalDistanceFit(model, { x, y, sigmaX: some, sigmaY: 0.02 }, { start }),
    );
    for (const { deltas } of fits) {
      const moved = Array.from(deltas, (d, i) => d !== 0 || !(i % 2 === 0 && i % 6 !== 0));
      expect(moved.every(Boolean)).toBe(true);
      for (let i = 0; i < deltas.length; i += 6) expect(deltas[i]).toBeCloseTo(0, 15);
      for (let i = 1; i < deltas.length; i += 2) expect(deltas[i]).toBeCloseTo(0, 15);
    }
    fits[0]!.parameters.forEach((p, j) => {
      expect(fits[1]!.parameters[j]! / p).toBeCloseTo(1, 7);
    });
  });

  test('bounds, fixed and tied parameters, robust losses and the report', () => {
    const { start, ...data } = problem('decay');
    const [traced, plain] = modelsOf('decay') as [Model, Model];
    const { parameters } = problem('decay');
    const bounded = orthogonalDistanceFit(traced, data, { start, bounds: { lower: [0, 0, 0.55], upper: [9, 9, 9] } });
    expect(bounded.parameters[2]).toBe(0.55);
    expect(Array.from(bounded.activeBounds)).toEqual([0, 0, -1]);
    const fixed = orthogonalDistanceFit(traced, data, { start, fixed: { b3: parameters[2]! } });
    expect(fixed.parameters[0]! / parameters[0]!).toBeCloseTo(1, 6);
    for (const model of [traced, plain]) {
      const tied = parseTies({ b3: `b1*${parameters[2]! / parameters[0]!}` });
      const fit = orthogonalDistanceFit(model, data, { start, tied });
      fit.parameters.forEach((p, j) => {
        expect(p / parameters[j]!).toBeCloseTo(1, 6);
      });
      expect(fitReport(fit)).toMatch(/b3 = b1\*0\.17/);
    }
    const outlier = { ...data, y: Array.from(data.y, (v, i) => (i === 12 ? v + 5 : v)) };
    const huber = orthogonalDistanceFit(traced, outlier, { start, loss: 'huber', lossScale: 1.345 });
    const moved = orthogonalDistanceFit(traced, outlier, { start });
    const distance = (fit: { parameters: Float64Array }): number => Math.abs(fit.parameters[1]! / parameters[1]! - 1);
    expect(distance(huber)).toBeLessThan(distance(moved) / 3);
  });

  test('the cost of an iteration is linear in the number of points', () => {
    const [traced] = modelsOf('decay') as [Model];
    const calls = (m: number): number => {
      const random = generator(1);
      const x = Array.from({ length: m }, (_, i) => (4 * i) / m + 0.1 * random.normal());
      const y = x.map((_, i) => 3 * Math.exp((-1.3 * 4 * i) / m) + 0.5 + 0.05 * random.normal());
      let count = 0;
      const model = {
        model: ([t]: Float64Array, [a, k, c]: Float64Array) => {
          count++;
          return a! * Math.exp(-k! * t!) + c!;
        },
      };
      const fit = orthogonalDistanceFit(model, { x, y, sigmaX: 0.1, sigmaY: 0.05 }, { start: [2, 1, 0.3] });
      const same = orthogonalDistanceFit(traced, { x, y, sigmaX: 0.1, sigmaY: 0.05 }, { start: [2, 1, 0.3] });
      expect(fit.parameters[1]! / same.parameters[1]!).toBeCloseTo(1, 7);
      return count / m / fit.evaluations.residuals;
    };
    // The slowest of more points takes a round more.
    expect(calls(1600) / calls(100)).toBeLessThan(2);
  });

  test('refuses data and sigmas that cannot be', () => {
    const line: Model = { model: ([x], [a, b]) => a! + b! * x! };
    const [x, y] = [
      [1, 2, 3],
      [1, 2, 4],
    ];
    const fit = (data: Partial<OrthogonalData>) => () =>
      orthogonalDistanceFit(line, { x, y, sigmaX: 1, sigmaY: 1, ...data }, { start: [0, 1] });
    expect(fit({ sigmaX: -1 })).toThrow(InputError);
    expect(fit({ sigmaX: [1, Number.NaN, 1] })).toThrow(/sigmaX is NaN at row 1/);
    expect(fit({ sigmaY: 0 })).toThrow(/sigmaY is 0 at row 0 .*; it must be above 0/);
    expect(fit({ sigmaY: [1, 1] })).toThrow(ShapeError);
    expect(fit({ sigmaX: [1, 1] })).toThrow(/sigmaX has 2 numbers; give 3, one a point/);
    expect(fit({ x: [[1], [2], [3]], sigmaX: [1, 2] })).toThrow(/sigmaX has 2 numbers; give 1, one a column/);
    expect(fit({ sigmaX: [[1], [1]] })).toThrow(/sigmaX must have 3 rows of 1/);
    expect(() =>
      orthogonalDistanceFit((t) => t.sum().expand([2]), { x, y, sigmaX: 1, sigmaY: 1 }, { start: [0] }),
    ).toThrow(/orthogonalDistanceFit: the model returns .* for 3 rows/);
  });
});

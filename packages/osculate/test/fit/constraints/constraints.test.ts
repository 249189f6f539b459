import { describe, expect, test } from 'vitest';
import { parseExpression, parseTies } from '../../../src/fit/expression.js';
import {
  curveFit,
  fitReport,
  fitStatistics,
  leastSquares,
  type Model,
  type NumericModel,
  type TracedModel,
} from '../../../src/fit/index.js';
import { concat } from '../../../src/ops/index.js';
import { generator, InputError, type Tensor } from '../../../src/tensor/index.js';
import { normals } from '../random.js';

const noise = normals(generator(7), 30);
const x = Array.from({ length: 30 }, (_, i) => i / 10);
const y = x.map((t, i) => 2 * Math.exp(-0.7 * t) + 3.4 + 0.02 * noise[i]!);

type Named<V> = Readonly<Record<'b1' | 'b2' | 'b3', V>>;

/** b1·exp(−b2·x) + b3. */
const traced: TracedModel<Named<Tensor>> = (t, { b1, b2, b3 }) => b1.mul(b2.mul(t).neg().exp()).add(b3);
const value: NumericModel<Named<number>>['model'] = ([t], { b1, b2, b3 }) => b1 * Math.exp(-b2 * t!) + b3;
const models: readonly [string, Model<Named<Tensor>, Named<number>>][] = [
  ['traced', traced],
  ['plain numbers', { model: value }],
  [
    'plain numbers with a gradient',
    {
      model: value,
      gradient: ([t], { b1, b2 }) => {
        const e = Math.exp(-b2 * t!);
        return { b1: e, b2: -b1 * t! * e, b3: 1 };
      },
    },
  ],
];

/** The same fit with the constraint b3 = b1 + 2·b2 written into the model by hand. */
const byHand: TracedModel = (t, [a, k]) => a!.mul(k!.mul(t).neg().exp()).add(a!.add(k!.mul(2)));

describe('tied parameters', () => {
  test.each(models)('%s: the same as the model with the formula in it', (_, model) => {
    const hand = curveFit(byHand, { x, y }, { start: [1, 1] });
    const fit = curveFit(model, { x, y }, { start: { b1: 1, b2: 1 }, tied: parseTies({ b3: 'b1 + 2*b2' }) });
    const [b1, b2] = hand.parameters as unknown as [number, number];
    expect(fit.names).toEqual(['b1', 'b2', 'b3']);
    expect(fit.status).toMatch(/^(converged|relative)/);
    expect(fit.warnings).toEqual([]);
    [b1, b2, b1 + 2 * b2].forEach((p, j) => {
      expect(fit.parameters[j]! / p).toBeCloseTo(1, 8);
    });
    expect(fit.cost / hand.cost).toBeCloseTo(1, 12);

    const [ours, theirs] = [fitStatistics(fit), fitStatistics(hand)];
    const covariance = (i: number, j: number): number => theirs.covariance.data[i * 2 + j]!;
    const third = covariance(0, 0) + 4 * covariance(0, 1) + 4 * covariance(1, 1);
    expect(ours.degreesOfFreedom).toBe(28);
    expect(ours.aic).toBeCloseTo(theirs.aic, 8);
    expect(ours.parameters[2]!.standardError / Math.sqrt(third)).toBeCloseTo(1, 8);
    expect(ours.covariance.data[2]! / (covariance(0, 0) + 2 * covariance(0, 1))).toBeCloseTo(1, 7);
    expect(ours.covariance.data[7]! / (covariance(0, 1) + 2 * covariance(1, 1))).toBeCloseTo(1, 7);
    expect(ours.parameters.map(({ state }) => state)).toEqual(['estimated', 'estimated', 'tied']);
    // A gradient by all three as if they were free: that of b1 − b3 = −2·b2.
    expect(ours.varianceOf(Float64Array.of(1, 0, -1)) / (4 * covariance(1, 1))).toBeCloseTo(1, 7);
  });

  test('nonlinear formulas one upon the other, in any order: errors by the delta method', () => {
    const ties = parseTies({ c: 'a*sqrt(half) + 2', half: 'exp(-k)/2' });
    const fit = curveFit(
      (t, [a, k, c, half]) => a!.mul(k!.mul(t).neg().exp()).add(c!).add(half!),
      { x, y },
      { start: [1, 1, 0, 0], names: ['a', 'k', 'c', 'half'], tied: ties },
    );
    const [a, k, c, half] = fit.parameters as unknown as [number, number, number, number];
    expect(half).toBeCloseTo(Math.exp(-k) / 2, 14);
    expect(c).toBeCloseTo(a * Math.sqrt(half) + 2, 14);
    const { covariance, parameters } = fitStatistics(fit);
    const at = (p: readonly [number, number]): number => p[0] * Math.sqrt(Math.exp(-p[1]) / 2) + 2;
    const h = 1e-5;
    const g = [(at([a + h, k]) - at([a - h, k])) / (2 * h), (at([a, k + h]) - at([a, k - h])) / (2 * h)];
    const [aa, ak, kk] = [covariance.data[0]!, covariance.data[1]!, covariance.data[5]!];
    const variance = g[0]! ** 2 * aa + 2 * g[0]! * g[1]! * ak + g[1]! ** 2 * kk;
    expect(parameters[2]!.standardError / Math.sqrt(variance)).toBeCloseTo(1, 7);
  });

  test('leastSquares: a traced vector, and plain numbers with a flat Jacobian', () => {
    const target = [1, 2, 4, 3];
    const rows = [
      [1, 0, 1],
      [0, 1, 1],
      [1, 1, 0],
      [1, 2, 1],
    ];
    const tied = { p3: parseExpression('p1*p2') };
    const options = { names: ['p1', 'p2', 'p3'], tied };
    const vector = (p: Tensor): Tensor =>
      concat(
        rows.map((row, i) =>
          p
            .mul(
              concat(
                row.map((c) => p.slice([0], [1]).mul(0).add(c)),
                0,
              ),
            )
            .sum()
            .sub(target[i]!)
            .reshape([1]),
        ),
        0,
      );
    const numeric = {
      residuals: (p: Float64Array) => rows.map((row, i) => row.reduce((s, c, j) => s + c * p[j]!, -target[i]!)),
      jacobian: () => rows.flat(),
    };
    const [one, other] = [leastSquares(vector, [1, 1, 0], options), leastSquares(numeric, [1, 1, 0], options)];
    const [p, q] = one.parameters as unknown as [number, number];
    for (const fit of [one, other]) {
      expect(fit.parameters[2]).toBeCloseTo(fit.parameters[0]! * fit.parameters[1]!, 14);
      expect(fit.parameters[0]).toBeCloseTo(p, 9);
    }
    const cost = (a: number, b: number): number =>
      rows.reduce((s, [u, v, w], i) => s + (u! * a + v! * b + w! * a * b - target[i]!) ** 2 / 2, 0);
    expect(one.cost).toBeCloseTo(cost(p, q), 13);
    for (const [da, db] of [
      [1e-4, 0],
      [0, 1e-4],
    ] as const)
      expect((cost(p + da, q + db) - cost(p - da, q - db)) / 2e-4).toBeCloseTo(0, 6);
  });

  test('the formula has an error also where the parameters in it have none', () => {
    // Only the sum of a and b counts.
    const fit = curveFit(
      (t, [a, b, total]) => total!.mul(t).add(a!.sub(a!)).add(b!.sub(b!)),
      { x, y },
      { start: [1, 1, 0], names: ['a', 'b', 'total'], tied: parseTies({ total: 'a + b' }) },
    );
    const { parameters } = fitStatistics(fit);
    expect(parameters.map(({ state }) => state)).toEqual(['undetermined', 'undetermined', 'tied']);
    const sxx = x.reduce((s, t) => s + t * t, 0);
    const slope = x.reduce((s, t, i) => s + t * y[i]!, 0) / sxx;
    const variance = x.reduce((s, t, i) => s + (y[i]! - slope * t) ** 2, 0) / 29;
    expect(fit.parameters[2]).toBeCloseTo(slope, 10);
    expect(parameters[2]!.standardError).toBeCloseTo(Math.sqrt(variance / sxx), 8);
  });

  test('one tied to fixed parameters alone is known, and the report says which formula it has', () => {
    const options = { start: { b1: 1, b2: 1 }, fixed: { b2: 0.7 }, tied: parseTies({ b3: '2*b2 + 2' }) };
    const fit = curveFit(traced, { x, y }, options);
    expect(fit.values.b2).toBe(0.7);
    expect(fit.parameters[2]).toBeCloseTo(3.4, 14);
    expect(fit.statistics.parameters[2]).toMatchObject({ state: 'tied', standardError: 0 });
    const report = fitReport(fit);
    expect(report).toMatch(/b2 +0\.7 +\(fixed\)/);
    expect(report).toMatch(/b3 = 2\*b2 \+ 2 +3\.4 +± 0/);
  });
});

describe('fixed parameters', () => {
  test.each(models)('%s: the same as the model without them', (_, model) => {
    const fit = curveFit(model, { x, y }, { start: { b1: 1, b2: 1 }, fixed: { b3: 3.4 } });
    const less = curveFit((t, [a, k]) => a!.mul(k!.mul(t).neg().exp()).add(3.4), { x, y }, { start: [1, 1] });
    expect(fit.parameters[2]).toBe(3.4);
    expect(fit.warnings).toEqual([]);
    expect(Array.from(fit.activeBounds)).toEqual([0, 0, 0]);
    const [ours, theirs] = [fitStatistics(fit), fitStatistics(less)];
    theirs.parameters.forEach((p, j) => {
      expect(ours.parameters[j]!.value / p.value).toBeCloseTo(1, 8);
      expect(ours.parameters[j]!.standardError / p.standardError).toBeCloseTo(1, 7);
    });
    expect(ours.parameters[2]).toMatchObject({ state: 'fixed', standardError: 0 });
    expect([ours.degreesOfFreedom, ours.bic]).toEqual([28, expect.closeTo(theirs.bic, 8)]);
  });

  test('beside bounds, which hold as before', () => {
    const bounds = { lower: [0, 0, 0], upper: [1.5, 9, 9] };
    const fit = curveFit(traced, { x, y }, { start: { b1: 1, b2: 1 }, fixed: { b3: 3.4 }, bounds });
    expect(Array.from(fit.activeBounds)).toEqual([1, 0, 0]);
    expect(fitStatistics(fit).parameters.map(({ state }) => state)).toEqual(['held', 'estimated', 'fixed']);
  });

  test('all of them: nothing is fitted', () => {
    const fit = curveFit(
      traced,
      { x, y },
      { start: {}, names: ['b1', 'b2', 'b3'], fixed: { b1: 2, b2: 0.7, b3: 3.4 } },
    );
    expect(Array.from(fit.parameters)).toEqual([2, 0.7, 3.4]);
    expect(fit.iterations).toBe(0);
  });
});

describe('refused', () => {
  const names = ['b1', 'b2', 'b3'];
  const fit =
    (options: object): (() => unknown) =>
    () =>
      curveFit(traced, { x, y }, { start: { b1: 1, b2: 1, b3: 1 }, ...options });
  test.each([
    [{ tied: parseTies({ b3: 'b1 + b9' }) }, /b3 = b1 \+ b9: there is no parameter "b9"; there are b1, b2, b3/],
    [{ names, tied: parseTies({ b9: 'b1' }) }, /tied: there is no parameter "b9"/],
    [{ names, fixed: { b9: 1 } }, /fixed: there is no parameter "b9"/],
    [{ tied: parseTies({ b1: 'b2', b2: '2*b3', b3: 'b1' }) }, /cycle, b1 → b2 → b3 → b1/],
    [{ tied: parseTies({ b1: 'b1 + 1' }) }, /cycle, b1 → b1/],
    [{ fixed: { b1: 1 }, tied: parseTies({ b1: 'b2' }) }, /b1 is both fixed and tied/],
    [{ fixed: { b1: Number.NaN } }, /b1 is fixed at NaN/],
    [{ fixed: { b1: 5 }, bounds: { upper: [4, 9, 9] } }, /b1 is fixed at 5, outside its bounds \[-Infinity, 4\]/],
    [{ tied: parseTies({ b3: 'b1' }), bounds: { lower: [0, 0, 0] } }, /b3 = b1 cannot have bounds/],
  ])('%j', (options, message) => {
    expect(fit(options)).toThrow(InputError);
    expect(fit(options)).toThrow(message);
  });

  test('a formula that is not a number, and one that cannot be read', () => {
    const wide = { text: 'wide', symbols: ['b1'], build: ({ b1 }: Record<string, Tensor>) => b1!.expand([2]) };
    expect(fit({ tied: { b3: wide } })).toThrow(/b3 = wide is .*\[2\].*; a parameter is one number/);
    expect(() => parseTies({ b3: 'b1 +' })).toThrow(InputError);
  });
});

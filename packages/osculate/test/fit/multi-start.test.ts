import { describe, expect, test } from 'vitest';
import { curveFit, leastSquares, multiStart, type TracedModel } from '../../src/fit/index.js';
import { InputError, ShapeError } from '../../src/tensor/index.js';

/** Rastrigin's function as squares: p² + 10(1 − cos 2πp), which has one minimum near each whole number. */
const rastrigin = {
  residuals: (p: Float64Array) => Array.from(p).flatMap((v) => [v, Math.sqrt(20) * Math.sin(Math.PI * v)]),
  jacobian: (p: Float64Array) =>
    Array.from(p).flatMap((v, j) => {
      const row = (d: number): number[] => Array.from(p, (_, k) => (k === j ? d : 0));
      return [row(1), row(Math.sqrt(20) * Math.PI * Math.cos(Math.PI * v))];
    }),
};
const box = { lower: [-3.4, -3.4], upper: [3.4, 3.4] };
const solve = (start: Float64Array) => leastSquares(rastrigin, start);

/** The stationary points p + 10π·sin 2πp = 0 that are minima, by bisection about each whole number. */
function rastriginMinima(): number[] {
  const slope = (p: number): number => p + 10 * Math.PI * Math.sin(2 * Math.PI * p);
  return [-3, -2, -1, 0, 1, 2, 3].map((k) => {
    let [a, b] = [k - 0.25, k + 0.25];
    for (let i = 0; i < 80; i++) {
      const middle = (a + b) / 2;
      if (slope(middle) < 0) a = middle;
      else b = middle;
    }
    return (a + b) / 2;
  });
}

describe('multiStart', () => {
  const result = multiStart(solve, { box, starts: 200, seed: 3 });

  test('finds the lowest of many minima', () => {
    expect(result.best.cost).toBeLessThan(1e-20);
    expect(result.minima[0]!.fit).toBe(result.best);
  });

  test('each minimum once, each where bisection finds one, the lowest first', () => {
    const known = rastriginMinima();
    const cells = result.minima.map(({ fit }) =>
      Array.from(fit.parameters, (p) => known.find((k) => Math.abs(k - p) < 1e-7)),
    );
    const seen = cells.filter((cell) => !cell.includes(undefined)).map(String);
    expect(seen.length).toBeGreaterThan(30);
    expect(new Set(seen).size).toBe(seen.length);
    const costs = result.minima.map(({ fit }) => fit.cost);
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
  });

  test('counts and starts account for every fit', () => {
    const all = [...result.minima.flatMap(({ starts }) => starts), ...result.failures.map(({ start }) => start)];
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    for (const { count, starts } of result.minima) expect(count).toBe(starts.length);
    const [first] = result.minima[0]!.starts;
    expect(solve(result.starts[first!]!).cost).toBeCloseTo(result.best.cost, 12);
  });

  test('the seed decides everything', () => {
    const run = (seed: number) => multiStart(solve, { box, starts: 20, seed });
    const [one, other] = [run(7), run(7)];
    expect(one.starts).toEqual(other.starts);
    const found = ({ minima }: typeof one) => minima.map(({ fit, starts }) => [fit.parameters, fit.cost, starts]);
    expect(found(one)).toEqual(found(other));
    expect(run(7).starts).not.toEqual(run(8).starts);
  });

  test('starts are a Latin hypercube, and one in the logarithm where asked', () => {
    const count = 40;
    const decades = multiStart(solve, {
      box: { lower: [1e-4, -2], upper: [1e4, 6] },
      starts: count,
      logarithmic: [0],
    }).starts;
    const part = (share: number): number => Math.floor(share * count);
    const parts = [decades.map((p) => part((Math.log10(p[0]!) + 4) / 8)), decades.map((p) => part((p[1]! + 2) / 8))];
    for (const used of parts)
      expect([...used].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(parts[0]).not.toEqual(parts[1]);
  });

  test('a box by name gives starts by name, where the box by lists has them', () => {
    const data = { x: [0, 1, 2, 3], y: [4.1, 1.6, 0.8, 0.5] };
    const sides = { lower: [0, 0.01], upper: [10, 100] };
    const byName = multiStart(
      (start) => curveFit((x, { a, k }) => a.mul(x.mul(k).neg().exp()), data, { start, bounds: { k: [0, 200] } }),
      { box: { a: [0, 10], k: [0.01, 100] }, starts: 5, logarithmic: ['k'] },
    );
    const listed = multiStart((start) => curveFit((x, [a, k]) => a!.mul(x.mul(k!).neg().exp()), data, { start }), {
      box: sides,
      starts: 5,
      logarithmic: [1],
    });
    expect(byName.starts).toEqual(listed.starts.map(([a, k]) => ({ a, k })));
    expect(byName.best.values.k).toBeCloseTo(listed.best.parameters[1]!, 9);
  });

  test('like terms that change places are two minima by parameters and one by residuals', () => {
    const model: TracedModel = (x, [a, k, b, l]) => a!.mul(k!.mul(x).neg().exp()).add(b!.mul(l!.mul(x).neg().exp()));
    const x = Array.from({ length: 30 }, (_, i) => i / 5);
    const y = x.map((t) => 2 * Math.exp(-0.4 * t) + 5 * Math.exp(-3 * t) + 0.01 * Math.sin(9 * t));
    const fit = (start: Float64Array) => curveFit(model, { x, y }, { start });
    const options = { box: { lower: [0, 0.1, 0, 0.1], upper: [9, 9, 9, 9] }, starts: 40, logarithmic: [1, 3] };
    const best = (by: 'parameters' | 'residuals') => {
      const { minima, best: lowest } = multiStart(fit, { ...options, distinctBy: by });
      return minima.filter((minimum) => minimum.fit.cost < lowest.cost * (1 + 1e-9));
    };
    const [first, second, ...more] = best('parameters');
    expect(more).toEqual([]);
    expect(first!.fit.parameters[0]).toBeCloseTo(second!.fit.parameters[2]!, 7);
    const joined = best('residuals');
    expect(joined).toHaveLength(1);
    expect(joined[0]!.count).toBe(first!.count + second!.count);
  });

  test('fits that fail are told apart from minima, and the best of them is returned when all do', () => {
    const nowhere = { residuals: (p: Float64Array) => [Math.sqrt(p[0]! - 1), 0], jacobian: () => [1, 0] };
    const { minima, failures, best } = multiStart((start) => leastSquares(nowhere, start), {
      box: { lower: [-1], upper: [0] },
      starts: 3,
    });
    expect(minima).toEqual([]);
    expect(failures).toEqual([0, 1, 2].map((start) => ({ start, status: 'non-finite-start' })));
    expect(best.status).toBe('non-finite-start');
  });

  test.each([
    ['ends of different number', { box: { lower: [0], upper: [1, 2] } }, ShapeError, /1 lower and 2 upper/],
    ['no parameters', { box: { lower: [], upper: [] } }, ShapeError, /one pair a parameter/],
    ['crossed ends', { box: { lower: [0, 3], upper: [1, 2] } }, InputError, /parameter 1 .* \[3, 2\]/],
    ['an infinite end', { box: { lower: [0], upper: [Infinity] } }, InputError, /two finite ends/],
    ['a logarithm of zero', { box: { lower: [0], upper: [1] }, logarithmic: [0] }, InputError, /begin above 0/],
    ['a logarithm of no parameter', { box: { lower: [0], upper: [1] }, logarithmic: [1] }, InputError, /there are 1/],
    ['no starts', { box, starts: 0 }, InputError, /starts is 0/],
    ['no tolerance', { box, tolerance: 0 }, InputError, /tolerance is 0/],
  ])('refuses %s', (_, options, kind, message) => {
    const run = () => multiStart(solve, options);
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

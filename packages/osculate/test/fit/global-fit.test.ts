import { describe, expect, test } from 'vitest';
import { parseTies } from '../../src/fit/expression.js';
import type { GlobalFitOptions } from '../../src/fit/global-fit.js';
import {
  curveFit,
  type DataSet,
  fitBands,
  fitReport,
  globalFit,
  globalStatistics,
  type Model,
  type TracedModel,
} from '../../src/fit/index.js';
import { generator, InputError, ShapeError, type Tensor } from '../../src/tensor/index.js';

type NamedModel = TracedModel<Readonly<Record<string, Tensor>>>;

/** a·exp(−k·x) + c. */
const traced: NamedModel = (x, { a, k, c }) => a!.mul(k!.mul(x).neg().exp()).add(c!);
const value = ([x]: Float64Array, { a, k, c }: Readonly<Record<string, number>>): number =>
  a! * Math.exp(-k! * x!) + c!;
const gradient = ([x]: Float64Array, { a, k }: Readonly<Record<string, number>>): number[] => {
  const e = Math.exp(-k! * x!);
  return [e, -a! * x! * e, 1];
};
const models: readonly [string, DataSet['model']][] = [
  ['traced', traced],
  ['plain numbers', { model: value }],
  ['plain numbers with a gradient', { model: value, gradient }],
];
/** The same for one set, with its parameters in a list. */
const listed: TracedModel = (x, [a, k, c]) => traced(x, { a: a!, k: k!, c: c! });

const random = generator(21);
const amplitudes = [3, 5, 1.5];
const offsets = [0.2, 0.5, 1];
const data = amplitudes.map((a, d) => {
  const x = Array.from({ length: d === 2 ? 12 : 20 }, (_, i) => (i + d / 3) / 5);
  const sigma = 0.02 * (d + 1);
  return { x, y: x.map((t) => a * Math.exp(-0.8 * t) + offsets[d]! + sigma * random.normal()), sigma };
});
const options: GlobalFitOptions = { start: { a: [2, 4, 1], k: 1, c: 0.3 }, shared: ['k'] };

/** The oracle: one model of seven parameters that tells the sets apart by a second column of x. */
const joint: Model = {
  model: ([x, set], [a0, a1, a2, k, c0, c1, c2]) => [a0, a1, a2][set!]! * Math.exp(-k! * x!) + [c0, c1, c2][set!]!,
  gradient: ([x, set], [a0, a1, a2, k]) => {
    const e = Math.exp(-k! * x!);
    const one = (d: number): number => Number(d === set);
    return [one(0) * e, one(1) * e, one(2) * e, -[a0, a1, a2][set!]! * x! * e, one(0), one(1), one(2)];
  },
};
const all = {
  x: data.flatMap(({ x }, d) => x.map((t) => [t, d])),
  y: data.flatMap(({ y }) => y),
  sigma: data.flatMap(({ y, sigma }) => y.map(() => sigma)),
};
const oracle = curveFit(joint, all, { start: [2, 4, 1, 1, 0.3, 0.3, 0.3] });

describe('globalFit', () => {
  test.each(models)('%s: one shared rate, the rest local, as one fit of all by hand', (_, model) => {
    const fit = globalFit(
      data.map((set) => ({ model, ...set })),
      options,
    );
    expect(fit.names).toEqual(['a[0]', 'a[1]', 'a[2]', 'k', 'c[0]', 'c[1]', 'c[2]']);
    expect(fit.status).toMatch(/^(converged|relative)/);
    fit.parameters.forEach((p, j) => {
      expect(p / oracle.parameters[j]!).toBeCloseTo(1, 8);
    });
    expect(fit.cost / oracle.cost).toBeCloseTo(1, 12);
    fit.jacobian.forEach((element, i) => {
      expect(element).toBeCloseTo(oracle.jacobian[i]!, 5);
    });
    expect(fit.sets.map(({ label, from, to }) => [label, from, to])).toEqual([
      ['set 0', 0, 20],
      ['set 1', 20, 40],
      ['set 2', 40, 52],
    ]);
    expect(Array.from(fit.sets[1]!.parameters)).toEqual([fit.parameters[1], fit.parameters[3], fit.parameters[5]]);
  });

  test('with nothing shared, each set by itself; with everything shared, one fit', () => {
    const sets = data.map((set) => ({ model: traced, ...set }));
    const apart = globalFit(sets, { start: { a: 2, k: 1, c: 0.3 }, shared: [] });
    data.forEach((set, d) => {
      const alone = curveFit(listed, set, { start: [2, 1, 0.3] });
      apart.sets[d]!.parameters.forEach((p, j) => {
        expect(p / alone.parameters[j]!).toBeCloseTo(1, 8);
      });
    });
    const together = globalFit(sets, { start: { a: 2, k: 1, c: 0.3 }, shared: ['a', 'k', 'c'] });
    const one = curveFit(listed, { ...all, x: data.flatMap(({ x }) => x) }, { start: [2, 1, 0.3] });
    expect(together.names).toEqual(['a', 'k', 'c']);
    together.parameters.forEach((p, j) => {
      expect(p / one.parameters[j]!).toBeCloseTo(1, 8);
    });
  });

  test('models of their own, with parameters of their own', () => {
    const line: NamedModel = (x, { s, k }) => x.mul(s!.mul(k!));
    const x = [1, 2, 3, 4];
    const y = [1.7, 3.1, 5, 6.3];
    const sets: DataSet[] = [
      { model: traced, ...data[0]!, parameters: ['a', 'k', 'c'], label: 'decay' },
      { model: line, x, y, parameters: ['s', 'k'], label: 'line' },
    ];
    const fit = globalFit(sets, { start: { a: 2, k: 1, c: 0.3, s: 1 }, shared: ['k'] });
    expect(fit.names).toEqual(['a[0]', 'k', 'c[0]', 's[1]']);
    // The slope s·k is free, so that the rate is that of the decay alone.
    const alone = curveFit(listed, data[0]!, { start: [2, 1, 0.3] });
    expect(fit.parameters[1]! / alone.parameters[1]!).toBeCloseTo(1, 8);
    const slope = x.reduce((s, t, i) => s + t * y[i]!, 0) / x.reduce((s, t) => s + t * t, 0);
    expect(fit.parameters[3]! * fit.parameters[1]!).toBeCloseTo(slope, 9);
    expect(fitReport(fit)).toMatch(/\[\[Data sets\]\][\s\S]*decay +20 [\s\S]*line +4 /);
    expect(fit.sets[1]!.values).toEqual({ s: fit.parameters[3], k: fit.parameters[1] });
    expect(fit.sets[1]!.predict([10])[0]).toBeCloseTo(10 * slope, 8);
  });

  test('a covariance weighs its set', () => {
    const [first, ...rest] = data as [(typeof data)[0], ...typeof data];
    const square = first.y.map((_, i) => first.y.map((__, j) => (i === j ? first.sigma ** 2 : 0)));
    const sets = [
      { model: traced, x: first.x, y: first.y, covariance: square },
      ...rest.map((set) => ({ model: traced, ...set })),
    ];
    const fit = globalFit(sets, options);
    fit.parameters.forEach((p, j) => {
      expect(p / oracle.parameters[j]!).toBeCloseTo(1, 8);
    });
    expect(fit.statistics.rSquared).toBeNaN();
  });

  test.each(models)('%s: fixed and bounded parameters, for all sets or one', (_, model) => {
    const sets = data.map((set) => ({ model, ...set }));
    const fit = globalFit(sets, {
      ...options,
      start: { a: [2, 4, 1], k: 1, c: 1 },
      fixed: { 'c[1]': 0.5 },
      bounds: { a: [0, 9], 'c[2]': [1.2, 2] },
    });
    expect(fit.parameters[5]).toBe(0.5);
    expect(fit.parameters[6]).toBe(1.2);
    expect(fit.statistics.parameters.map(({ state }) => state)).toEqual([
      ...['estimated', 'estimated', 'estimated', 'estimated', 'estimated', 'fixed', 'held'],
    ]);
  });

  test.each(models)('%s: ties hold in each set by itself', (_, model) => {
    const sets = data.map((set) => ({ model, ...set }));
    const fit = globalFit(sets, { ...options, start: { a: [2, 4, 1], k: 1 }, tied: parseTies({ c: 'a*k/4' }) });
    const byHand: NamedModel = (x, { a, k }) => a!.mul(k!.mul(x).neg().exp()).add(a!.mul(k!).div(4));
    const hand = globalFit(
      data.map((set) => ({ model: byHand, ...set })),
      { ...options, start: { a: [2, 4, 1], k: 1 } },
    );
    hand.parameters.forEach((p, j) => {
      expect(fit.parameters[j]! / p).toBeCloseTo(1, 7);
    });
    expect(fit.parameters[5]).toBeCloseTo((fit.parameters[1]! * fit.parameters[3]!) / 4, 13);
    expect(fit.constraints!.tied['c[1]']).toBe('a[1]*k/4');
    const [ours, theirs] = [fit.statistics, hand.statistics];
    expect(ours.parameters[3]!.standardError / theirs.parameters[3]!.standardError).toBeCloseTo(1, 6);
    const [a, k] = [hand.parameters[1]!, hand.parameters[3]!];
    const n = 4;
    const g = Float64Array.of(0, k / 4, 0, a / 4);
    let variance = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) variance += g[i]! * theirs.covariance.data[i * n + j]! * g[j]!;
    expect(ours.parameters[5]!.standardError / Math.sqrt(variance)).toBeCloseTo(1, 6);
  });

  test('statistics of the whole and of each set', () => {
    const sets = data.map((set) => ({ model: traced, ...set }));
    const fit = globalFit(sets, options);
    const { whole, sets: parts } = globalStatistics(fit, { absoluteSigma: true });
    expect([whole.observations, whole.degreesOfFreedom]).toEqual([52, 45]);
    expect(parts.reduce((sum, part) => sum + part.residualSumOfSquares, 0)).toBeCloseTo(whole.residualSumOfSquares, 10);
    expect(parts.reduce((sum, part) => sum + part.degreesOfFreedom, 0)).toBeCloseTo(45, 10);
    parts.forEach((part, d) => {
      const { x, y, sigma } = data[d]!;
      const [a, k, c] = fit.sets[d]!.parameters as unknown as [number, number, number];
      const sum = x.reduce((s, t, i) => s + ((a * Math.exp(-k * t) + c - y[i]!) / sigma) ** 2, 0);
      const mean = y.reduce((s, v) => s + v, 0) / y.length;
      const total = y.reduce((s, v) => s + ((v - mean) / sigma) ** 2, 0);
      expect(part.residualSumOfSquares).toBeCloseTo(sum, 9);
      expect(part.rSquared).toBeCloseTo(1 - sum / total, 10);
      expect(part.parameters.map(({ name }) => name)).toEqual([`a[${d}]`, 'k', `c[${d}]`]);
      // Bands of the set's curve: the gradient in its own parameters, the covariance of the whole.
      const at = fit.sets[d]!.at([0.7]);
      const { standardErrors } = fitBands(fit.sets[d]!, [0.7], { statistics: part });
      const own = fit.sets[d]!.statistics;
      expect(fitBands(fit.sets[d]!, [0.7]).standardErrors[0]! / standardErrors[0]!).toBeCloseTo(
        own.parameters[1]!.standardError / part.parameters[1]!.standardError,
        9,
      );
      const places = [d, 3, 4 + d];
      let variance = 0;
      places.forEach((p, i) => {
        places.forEach((q, j) => {
          variance += at.jacobian[i]! * at.jacobian[j]! * whole.covariance.data[p * 7 + q]!;
        });
      });
      expect(standardErrors[0]! / Math.sqrt(variance)).toBeCloseTo(1, 9);
    });
    expect(fitReport(fit, { absoluteSigma: true })).toMatch(/set 2 +12 /);
  });

  test('several columns of x', () => {
    const plane: NamedModel = (x, { u, v }) => {
      const [m = 0] = x.shape;
      const column = (c: number) => x.slice([0, c], [m, c + 1]).reshape([m]);
      return column(0).mul(u!).add(column(1).mul(v!));
    };
    const x = [
      [1, 0],
      [0, 1],
      [1, 1],
    ];
    const fit = globalFit(
      [
        { model: plane, x, y: [1, 2, 3] },
        { model: plane, x, y: [1, 5, 6] },
      ],
      { start: { u: 0, v: 0 }, shared: ['u'] },
    );
    [1, 2, 5].forEach((p, j) => {
      expect(fit.parameters[j]).toBeCloseTo(p, 12);
    });
  });
});

describe('refused', () => {
  const sets = data.map((set) => ({ model: traced, ...set }));
  test.each<[Partial<GlobalFitOptions>, RegExp]>([
    [{ shared: ['q'] }, /shared: there is no parameter "q"; there are a, k, c/],
    [{ fixed: { q: 1 }, names: ['a', 'k', 'c'] }, /fixed: there is no parameter "q"; there are a\[0\], a\[1\]/],
    [{ bounds: { 'k[1]': [0, 1] } }, /bounds: there is no parameter "k\[1\]"/],
    [{ bounds: { k: [2, 1] } }, /the bounds of k are \[2, 1\]/],
    [{ start: { a: [1, 2], k: 1, c: 0 } }, /the start of a is a list of 2 for 3 data sets/],
    [{ start: { a: 1, k: [1, 1, 1], c: 0 } }, /the start of k is a list of 3 for a shared parameter; give a number/],
    [{ start: { a: 1, k: 1 }, names: ['a', 'k', 'c'] }, /there is no start for c\[0\]/],
    [{ tied: parseTies({ k: '2*a' }) }, /k = 2\*a: "a" differs between data sets; share it, or do not share k/],
    [{ tied: parseTies({ c: '2*q' }) }, /c\[0\] = 2\*q: there is no "q" for it/],
    [{ tied: parseTies({ c: 'a', a: 'c' }) }, /cycle, a\[0\] → c\[0\] → a\[0\]/],
  ])('%j', (change, message) => {
    const fit = () => globalFit(sets, { ...options, ...change });
    expect(fit).toThrow(InputError);
    expect(fit).toThrow(message);
  });

  test('sets that do not fit', () => {
    const fit = (change: Partial<DataSet>) => () =>
      globalFit([sets[0]!, { ...sets[1]!, ...change }], { ...options, start: { a: 1, k: 1, c: 0 } });
    expect(() => globalFit([], options)).toThrow(/no data sets/);
    expect(fit({ parameters: ['a', 'q', 'c'] })).toThrow(/parameter "q" of set 1 has no start/);
    expect(fit({ parameters: ['a', 'a', 'c'] })).toThrow(/set 1 has the parameters \(a, a, c\)/);
    expect(fit({ y: [1] })).toThrow(ShapeError);
    expect(fit({ y: [1] })).toThrow(/^globalFit: set 1: /);
    expect(fit({ y: sets[1]!.y.map(() => Number.NaN) })).toThrow(/^globalFit: set 1: y is NaN at row 0/);
    const only = { ...sets[0]!, parameters: ['a', 'k', 'c'] };
    expect(() => globalFit([only], { start: { a: 1, k: 1, c: 0, q: 1 }, shared: [] })).toThrow(
      /no data set has the parameter "q"/,
    );
  });
});

import { describe, expect, it } from 'vitest';
import {
  dampedOperator,
  denseOperator,
  diagonalEstimate,
  type Estimate,
  effectiveDimension,
  frobeniusNormEstimate,
  hutchinson,
  hutchPlusPlus,
  type LinearOperator,
  logDeterminantEstimate,
  spectralDensity,
  xtrace,
} from '../../../src/curvature/index.js';
import { matrix } from '../../../src/linalg/index.js';
import { type Generator, generator, InputError } from '../../../src/tensor/index.js';
import { coverage, rootMeanSquare, spectrum, sumOf, withSpectrum } from './support.js';

const indefinite = spectrum(40, (i) => (i % 4 === 0 ? -2 / i : 10 / i));
const definite = spectrum(40, (i) => 10 / i);

type Method = (a: LinearOperator, random: Generator) => Promise<Estimate>;

const traces: Record<string, Method> = {
  hutchinson: (a, random) => hutchinson(a, { generator: random, probes: 30 }),
  'hutchinson, normal': (a, random) => hutchinson(a, { generator: random, probes: 30, distribution: 'normal' }),
  'hutchinson, sphere': (a, random) => hutchinson(a, { generator: random, probes: 30, distribution: 'sphere' }),
  'hutch++': (a, random) => hutchPlusPlus(a, { generator: random, applications: 30 }),
  xtrace: (a, random) => xtrace(a, { generator: random, applications: 30 }),
};

describe('within three standard errors for at least 95 % of 200 seeds', () => {
  it.each(Object.entries(traces))('trace by %s', async (_, method) => {
    for (const values of [indefinite, definite]) {
      const a = withSpectrum(values);
      expect(await coverage(sumOf(values), (random) => method(a, random))).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('Frobenius norm', async () => {
    const a = withSpectrum(indefinite);
    const truth = Math.sqrt(sumOf(indefinite, (x) => x * x));
    const share = await coverage(truth, (random) => frobeniusNormEstimate(a, { generator: random, probes: 30 }));
    expect(share).toBeGreaterThanOrEqual(0.95);
  });

  it('every element of the diagonal', async () => {
    const a = withSpectrum(indefinite);
    const truth = await a.diagonal();
    let within = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { values, standardErrors } = await diagonalEstimate(a, { generator: generator(seed), probes: 30 });
      for (const [i, d] of truth.entries()) if (Math.abs(values[i]! - d) <= 3 * standardErrors[i]!) within++;
    }
    expect(within / (200 * truth.length)).toBeGreaterThanOrEqual(0.95);
  });

  it('log-determinant and effective dimension', async () => {
    const a = withSpectrum(definite);
    const options = (random: Generator) => ({ generator: random, damping: 0.3, probes: 10, steps: 12 });
    const logDeterminant = sumOf(definite, (x) => Math.log(x + 0.3));
    const dimension = sumOf(definite, (x) => x / (x + 0.3));
    const first = await coverage(logDeterminant, (random) => logDeterminantEstimate(a, options(random)));
    const second = await coverage(dimension, (random) => effectiveDimension(a, options(random)));
    expect(first).toBeGreaterThanOrEqual(0.95);
    expect(second).toBeGreaterThanOrEqual(0.95);
  });

  it('moments and the curve of the density', async () => {
    const a = withSpectrum(indefinite);
    const third = sumOf(indefinite, (x) => x ** 3);
    const width = 0.5;
    let [moments, within, all] = [0, 0, 0];
    for (let seed = 0; seed < 200; seed++) {
      const density = await spectralDensity(a, { generator: generator(seed), probes: 30, steps: 8 });
      const { value, standardError } = density.traceOf((x) => x ** 3);
      if (Math.abs(value - third) <= 3 * standardError) moments++;
      const { points, values, standardErrors } = density.curve({ points: 20, width });
      for (const [i, t] of points.entries()) {
        const gaussian = (x: number) => Math.exp(-0.5 * ((x - t) / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
        const truth = sumOf(indefinite, gaussian) / indefinite.length;
        if (truth < 1e-6) continue;
        all++;
        if (Math.abs(values[i]! - truth) <= 3 * standardErrors[i]!) within++;
      }
    }
    expect(moments / 200).toBeGreaterThanOrEqual(0.95);
    expect(within / all).toBeGreaterThanOrEqual(0.95);
  });
});

describe('rates', () => {
  const values = spectrum(150, (i) => 1 / i);
  const a = withSpectrum(values);
  const truth = sumOf(values);
  const costs = [12, 24, 48];

  /** The slope of log error over log cost, by least squares. */
  async function slope(method: (applications: number, random: Generator) => Promise<Estimate>): Promise<number> {
    const xs = costs.map(Math.log);
    const ys: number[] = [];
    for (const cost of costs) ys.push(Math.log(await rootMeanSquare(truth, (random) => method(cost, random), 40)));
    const mean = (v: readonly number[]) => sumOf(v) / v.length;
    const [mx, my] = [mean(xs), mean(ys)];
    return sumOf(xs.map((x, i) => (x - mx) * (ys[i]! - my))) / sumOf(xs.map((x) => (x - mx) ** 2));
  }

  it('Hutchinson falls as m^(−1/2); Hutch++ and XTrace as 1/m or faster', async () => {
    const plain = await slope((probes, random) => hutchinson(a, { generator: random, probes }));
    expect(plain).toBeGreaterThan(-0.7);
    expect(plain).toBeLessThan(-0.35);
    expect(await slope((applications, random) => hutchPlusPlus(a, { generator: random, applications }))).toBeLessThan(
      -0.9,
    );
    expect(await slope((applications, random) => xtrace(a, { generator: random, applications }))).toBeLessThan(-0.9);
  });

  it('at equal cost, where the spectrum decays, XTrace is better than Hutch++, and that than Hutchinson', async () => {
    const decaying = spectrum(60, (i) => 0.7 ** i);
    const b = withSpectrum(decaying);
    const sum = sumOf(decaying);
    const plain = await rootMeanSquare(sum, (random) => hutchinson(b, { generator: random, probes: 36 }), 40);
    const plus = await rootMeanSquare(sum, (random) => hutchPlusPlus(b, { generator: random, applications: 36 }), 40);
    const x = await rootMeanSquare(sum, (random) => xtrace(b, { generator: random, applications: 36 }), 40);
    expect(plus).toBeLessThan(0.2 * plain);
    expect(x).toBeLessThan(0.5 * plus);
  });
});

describe('exact where it should be', () => {
  it('a matrix of low rank, and one that is all captured', async () => {
    const low = spectrum(40, (i) => (i <= 4 ? i : 0));
    for (const method of [hutchPlusPlus, xtrace]) {
      const { value, applications } = await method(withSpectrum(low), { generator: generator(1), applications: 24 });
      expect(Math.abs(value - 10)).toBeLessThan(1e-10);
      expect(applications).toBeLessThanOrEqual(24);
      const small = await method(withSpectrum([1, 2, 5]), { generator: generator(1), applications: 60 });
      expect(Math.abs(small.value - 8)).toBeLessThan(1e-12);
      expect(small.standardError).toBe(0);
      expect(small.applications).toBe(6);
    }
  });

  it('Rademacher probes on a diagonal matrix', async () => {
    const diagonal = matrix(4, 4);
    for (const [i, x] of [3, -1, 2, 7].entries()) diagonal.data[i * 5] = x;
    const options = { generator: generator(2), probes: 4 };
    expect(await hutchinson(denseOperator(diagonal), options)).toEqual({
      value: 11,
      standardError: 0,
      applications: 4,
    });
    const { values, standardErrors } = await diagonalEstimate(denseOperator(diagonal), options);
    expect(values).toEqual(Float64Array.of(3, -1, 2, 7));
    expect(standardErrors).toEqual(new Float64Array(4));
  });

  it('quadrature of a full Lanczos run: the moments of its own probe', async () => {
    const density = await spectralDensity(withSpectrum(definite), { generator: generator(3), probes: 3, steps: 8 });
    expect(density.traceOf(() => 1).value).toBeCloseTo(40, 10);
    expect(density.applications).toBe(24);
    const { points, values, width } = density.curve();
    const area = sumOf(values) * (points[1]! - points[0]!);
    expect(area).toBeGreaterThan(0.99);
    expect(area).toBeLessThan(1.001);
    expect(width).toBeCloseTo((density.range().largest - density.range().smallest) / 100, 12);
  });
});

it('Hutchinson stops when it is accurate enough', async () => {
  const a = dampedOperator(withSpectrum(definite), 5);
  const loose = await hutchinson(a, { generator: generator(1), probes: 4000, tolerance: 0.02 });
  expect(loose.standardError).toBeLessThanOrEqual(0.02 * loose.value);
  const tight = await hutchinson(a, { generator: generator(1), probes: 4000, tolerance: 0.005 });
  expect(tight.applications).toBeGreaterThan(4 * loose.applications);
  expect(tight.applications).toBeLessThan(4000);
});

it('one seed gives one result', async () => {
  const a = withSpectrum(indefinite);
  for (const method of Object.values(traces)) {
    expect(await method(a, generator(9))).toEqual(await method(a, generator(9)));
  }
});

describe('errors', () => {
  const a = withSpectrum(indefinite);
  const skew = denseOperator(matrix(2, 2, Float64Array.of(0, 1, -1, 0)));
  const random = generator(1);

  it('too few products', async () => {
    await expect(hutchinson(a, { generator: random, probes: 1 })).rejects.toThrow(/probes must be .*, got 1/);
    await expect(hutchinson(a, { generator: random, tolerance: -1 })).rejects.toThrow(InputError);
    await expect(hutchPlusPlus(a, { generator: random, applications: 5 })).rejects.toThrow(/integer ≥ 6/);
    await expect(xtrace(a, { generator: random, applications: 3 })).rejects.toThrow(InputError);
    await expect(diagonalEstimate(a, { generator: random, probes: 0 })).rejects.toThrow(InputError);
    await expect(frobeniusNormEstimate(a, { generator: random, probes: 1 })).rejects.toThrow(InputError);
    await expect(spectralDensity(a, { generator: random, probes: 1 })).rejects.toThrow(InputError);
    await expect(spectralDensity(a, { generator: random, steps: 0 })).rejects.toThrow(/steps must be .*, got 0/);
  });

  it('operators for which the method does not hold', async () => {
    await expect(xtrace(skew, { generator: random, applications: 4 })).rejects.toThrow(/not symmetric/);
    await expect(spectralDensity(skew, { generator: random })).rejects.toThrow(/not symmetric/);
    await expect(logDeterminantEstimate(a, { generator: random, damping: 0.01 })).rejects.toThrow(/must exceed 0\.5/);
    await expect(effectiveDimension(a, { generator: random, damping: 0 })).rejects.toThrow(InputError);
    const density = await spectralDensity(a, { generator: random, probes: 2, steps: 5 });
    expect(() => density.curve({ width: 0 })).toThrow(/width is 0/);
  });
});

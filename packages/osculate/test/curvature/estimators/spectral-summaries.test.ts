import { describe, expect, it } from 'vitest';
import {
  byLayer,
  conditionNumber,
  curvatureOperator,
  dampedOperator,
  directionalCurvature,
  gradientAlignment,
  hutchinson,
  layerNames,
  linearOperator,
  morseIndex,
  nuclearNormEstimate,
  parameterBlock,
  productOperator,
  restrictedOperator,
} from '../../../src/curvature/index.js';
import { symmetricEigen } from '../../../src/linalg/index.js';
import { dense, sequential, squaredError, tanh } from '../../../src/nn/index.js';
import { gaussNewtonMatrix } from '../../../src/objective/matrices.js';
import { generator, InputError, ShapeError } from '../../../src/tensor/index.js';
import { pointOf, smallModel } from '../operators/support.js';
import { coverage, spectrum, sumOf, withSpectrum } from './support.js';

const indefinite = spectrum(40, (i) => (i % 4 === 0 ? -2 / i : 10 / i));
const a = withSpectrum(indefinite);
const nuclear = sumOf(indefinite, Math.abs);

describe('within three standard errors for at least 95 % of 200 seeds', () => {
  it('nuclear norm', async () => {
    const share = await coverage(nuclear, (random) =>
      nuclearNormEstimate(a, { generator: random, probes: 10, steps: 20 }),
    );
    expect(share).toBeGreaterThanOrEqual(0.95);
  });

  it('Morse index, of which the lower bound never exceeds the truth', async () => {
    let largest = 0;
    const share = await coverage(10, async (random) => {
      const found = await morseIndex(a, { generator: random, probes: 10, steps: 40, exactBelow: 0, pairs: 0 });
      largest = Math.max(largest, found.atLeast);
      return found;
    });
    expect(share).toBeGreaterThanOrEqual(0.95);
    expect(largest).toBe(10);
  });
});

describe('nuclear norm', () => {
  it('the quadrature error covers what too few steps cost', async () => {
    // The same probes, so that only the steps differ.
    const few = await nuclearNormEstimate(a, { generator: generator(1), probes: 20, steps: 6 });
    const many = await nuclearNormEstimate(a, { generator: generator(1), probes: 20, steps: 40 });
    const off = Math.abs(few.value - many.value);
    expect(off).toBeGreaterThan(1e-3);
    expect(off).toBeLessThan(few.quadratureError);
    expect(many.quadratureError).toBe(0);
  });

  it('stops when it is accurate enough', async () => {
    const loose = await nuclearNormEstimate(a, { generator: generator(1), probes: 400, steps: 20, tolerance: 0.1 });
    expect(loose.standardError).toBeLessThanOrEqual(0.1 * loose.value);
    const tight = await nuclearNormEstimate(a, { generator: generator(1), probes: 400, steps: 20, tolerance: 0.04 });
    expect(tight.standardError).toBeLessThanOrEqual(0.04 * tight.value);
    expect(tight.applications).toBeGreaterThan(2 * loose.applications);
    expect(tight.applications).toBeLessThan(400 * 20);
  });

  it('says what is wrong', async () => {
    const options = { generator: generator(1) };
    await expect(nuclearNormEstimate(productOperator(a, a), options)).rejects.toThrow(/not symmetric/);
    await expect(nuclearNormEstimate(a, { ...options, tolerance: -1 })).rejects.toThrow(/tolerance must be .*, got -1/);
    await expect(nuclearNormEstimate(a, { ...options, probes: 1 })).rejects.toThrow(InputError);
    const bad = linearOperator({
      name: 'bad',
      size: 3,
      applyBatch: async (v) => v.map((x) => x.map(() => Number.NaN)),
    });
    await expect(nuclearNormEstimate(bad, options)).rejects.toThrow(/nuclearNormEstimate: .*not finite/);
  });
});

describe('Morse index', () => {
  it('is exact by inertia for a small matrix, in n products', async () => {
    expect(await morseIndex(a, { generator: generator(1) })).toEqual({
      ...{ value: 10, standardError: 0, quadratureError: 0, atLeast: 10, exact: true, applications: 40 },
    });
  });

  it('does not count what is zero but for rounding', async () => {
    const flat = withSpectrum(spectrum(30, (i) => (i <= 3 ? -i : i <= 20 ? -1e-13 : i)));
    for (const exactBelow of [0, 256]) {
      const { value, atLeast } = await morseIndex(flat, { generator: generator(2), probes: 60, steps: 30, exactBelow });
      expect(Math.abs(value - 3)).toBeLessThan(exactBelow === 0 ? 1.5 : 1e-12);
      expect(atLeast).toBe(3);
    }
  });

  it('eigenpairs raise the lower bound that a few steps give', async () => {
    const many = withSpectrum(spectrum(120, (i) => (i <= 8 ? -0.05 * i : 5 + i)));
    const options = { generator: generator(3), probes: 2, steps: 4, exactBelow: 0 };
    const without = await morseIndex(many, { ...options, pairs: 0 });
    const found = await morseIndex(many, { ...options, pairs: 10, pairApplications: 400 });
    expect(without.atLeast).toBeLessThan(8);
    expect(found.atLeast).toBe(8);
    expect(found.applications).toBeGreaterThan(without.applications);
  });

  it('says what is wrong', async () => {
    await expect(morseIndex(a, { generator: generator(1), threshold: 1 })).rejects.toThrow(
      /threshold must be .*, got 1/,
    );
    await expect(morseIndex(a, { generator: generator(1), pairs: -1 })).rejects.toThrow(/pairs must be .*, got -1/);
    await expect(morseIndex(productOperator(a, a), { generator: generator(1) })).rejects.toThrow(/not symmetric/);
  });
});

describe('condition number', () => {
  const definite = spectrum(60, (i) => 3 / i);

  it.each(['lanczos', 'lobpcg'] as const)('%s: lies between its bounds', async (method) => {
    const options = { generator: generator(4), method, tolerance: 1e-9 };
    const found = await conditionNumber(withSpectrum(definite), options);
    expect(found.status).toBe('converged');
    expect(Math.abs(found.value - 60)).toBeLessThan(1e-5);
    expect(found.upper).toBeGreaterThanOrEqual(60 * (1 - 1e-12));
    expect(found.upper).toBeLessThan(60.1);
    const damped = await conditionNumber(withSpectrum(definite), { ...options, damping: 1 });
    expect(Math.abs(damped.value - 4 / 1.05)).toBeLessThan(1e-6);
  });

  it('of a small budget is a lower bound', async () => {
    const spread = withSpectrum(spectrum(200, (i) => 1.05 ** i));
    const found = await conditionNumber(spread, { generator: generator(4), maxApplications: 20 });
    expect(found.status).toBe('budget');
    expect(found.value).toBeLessThan(1.05 ** 199);
    expect(found.upper).toBeGreaterThan(1.05 ** 199);
  });

  it('refuses what is not positive definite', async () => {
    await expect(conditionNumber(a, { generator: generator(1) })).rejects.toThrow(
      /the damping is 0; it must exceed 0\.(5|4999)/,
    );
  });
});

describe('along directions', () => {
  it('the curvature along a step is the Rayleigh quotient', async () => {
    const { vectors, values } = symmetricEigen(await a.toDense());
    const step = Float64Array.from({ length: 40 }, (_, i) => 3 * vectors.data[i * 40 + 7]!);
    const { value, quadratic, applications } = await directionalCurvature(a, step);
    expect(value).toBeCloseTo(values[7]!, 10);
    expect(quadratic).toBeCloseTo(4.5 * values[7]!, 10);
    expect(applications).toBe(1);
    await expect(directionalCurvature(a, new Float64Array(40))).rejects.toThrow(InputError);
  });

  it('the alignment of a gradient is its share in the top eigenspace', async () => {
    const { vectors } = symmetricEigen(await a.toDense());
    const column = (k: number) => Float64Array.from({ length: 40 }, (_, i) => vectors.data[i * 40 + k]!);
    const [top, second, low] = [column(39), column(38), column(5)];
    const gradient = top.map((x, i) => 2 * x + second[i]! + 2 * low[i]!);
    const found = await gradientAlignment(a, gradient, { generator: generator(5), count: 3, tolerance: 1e-10 });
    expect(found.status).toBe('converged');
    expect(found.share).toBeCloseTo(5 / 9, 9);
    expect(Array.from(found.shares, (s) => Math.round(s * 9))).toEqual([4, 1, 0]);
    const options = { generator: generator(5), count: 3 };
    await expect(gradientAlignment(a, new Float64Array(3), options)).rejects.toThrow(ShapeError);
    await expect(gradientAlignment(a, new Float64Array(40), options)).rejects.toThrow(InputError);
  });
});

describe('by layer', () => {
  const model = pointOf(
    smallModel({
      layer: sequential([dense(3, 4), tanh(), dense(4, 2)]),
      loss: squaredError(),
      x: [6, 3],
      y: [6, 2],
    }),
  );

  it('is the estimate of every block', async () => {
    const operator = curvatureOperator(model, gaussNewtonMatrix);
    expect(layerNames(model.objective.layout)).toEqual(['0', '2']);
    const traces = await byLayer(operator, model.objective.layout, (block) => block.trace());
    for (const layer of ['0', '2']) {
      const block = restrictedOperator(operator, parameterBlock(model.objective.layout, [layer]));
      expect(traces[layer]).toBe(await block.trace());
    }
    expect(traces['0']! + traces['2']!).toBeCloseTo(await operator.trace(), 10);
    const indices = await byLayer(operator, model.objective.layout, (block) =>
      morseIndex(dampedOperator(block, -1e9), { generator: generator(1) }),
    );
    expect(Object.values(indices).map(({ value }) => value)).toEqual([16, 10]);
  });

  it('of named groups', async () => {
    const sampled = await byLayer(
      curvatureOperator(model, gaussNewtonMatrix),
      model.objective.layout,
      (block, layer) => hutchinson(block, { generator: generator(layer.length), probes: 4 }),
      ['2.weight'],
    );
    expect(Object.keys(sampled)).toEqual(['2.weight']);
    await expect(
      byLayer(curvatureOperator(model, gaussNewtonMatrix), model.objective.layout, async () => 0, ['9']),
    ).rejects.toThrow(/no parameter/);
  });
});

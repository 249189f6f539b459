import { describe, expect, it } from 'vitest';
import type { EigenpairsOptions } from '../../../src/curvature/estimators/eigenpairs.js';
import {
  dampedOperator,
  denseOperator,
  type Eigenpairs,
  eigenpairs,
  inverseOperator,
  type LinearOperator,
  linearOperator,
  sharpness,
} from '../../../src/curvature/index.js';
import { euclideanNorm, matrix } from '../../../src/linalg/index.js';
import { generator, InputError } from '../../../src/tensor/index.js';
import { spectrum, withSpectrum } from './support.js';

const values = spectrum(120, (i) => (i % 3 === 0 ? -4 / Math.sqrt(i) : 10 / i));
const byMagnitude = values.toSorted((a, b) => Math.abs(b) - Math.abs(a));
const wanted = { largest: values.toReversed(), smallest: values, magnitude: byMagnitude };

async function expectPairs(a: LinearOperator, { vectors, ...pairs }: Eigenpairs, tolerance: number): Promise<void> {
  for (const [k, v] of vectors.entries()) {
    const product = await a.apply(v);
    const residual = euclideanNorm(product.map((x, i) => x - pairs.values[k]! * v[i]!));
    expect(Math.abs(residual - pairs.residuals[k]!)).toBeLessThan(1e-11);
    expect(residual).toBeLessThan(tolerance * 10);
    for (const [l, w] of vectors.entries()) {
      const product = v.reduce((sum, x, i) => sum + x * w[i]!, 0);
      expect(Math.abs(product - (k === l ? 1 : 0))).toBeLessThan(1e-10);
    }
  }
}

describe.each(['lanczos', 'lobpcg'] as const)('%s', (method) => {
  it.each(['largest', 'smallest', 'magnitude'] as const)('the %s of a spectrum', async (which) => {
    const options: EigenpairsOptions = { generator: generator(1), count: 6, which, method, tolerance: 1e-8 };
    const a = withSpectrum(values);
    if (method === 'lobpcg' && which === 'magnitude') {
      await expect(eigenpairs(a, options)).rejects.toThrow(/one end/);
      return;
    }
    const pairs = await eigenpairs(a, options);
    expect(pairs.status).toBe('converged');
    expect(pairs.applications).toBe(a.applications);
    expect(pairs.applications).toBeLessThan(method === 'lanczos' ? 130 : 300);
    for (const [k, value] of pairs.values.entries()) expect(Math.abs(value - wanted[which][k]!)).toBeLessThan(1e-12);
    await expectPairs(a, pairs, 1e-8);
  });

  it('all pairs of a small matrix, double ones too', async () => {
    const pairs = await eigenpairs(withSpectrum([1, 2, 2, 5]), { generator: generator(2), count: 4, method });
    expect(Array.from(pairs.values, (x) => Math.round(x * 1e9) / 1e9)).toEqual([5, 2, 2, 1]);
  });

  it('tells when the budget was too small', async () => {
    const a = withSpectrum(values);
    const pairs = await eigenpairs(a, {
      generator: generator(1),
      count: 3,
      method,
      maxApplications: 12,
      tolerance: 1e-10,
    });
    expect(pairs.status).toBe('budget');
    expect(pairs.applications).toBeLessThanOrEqual(12);
    expect(Math.max(...pairs.residuals)).toBeGreaterThan(1e-6);
    await expectPairs(a, pairs, 1);
  });
});

it('Lanczos keeps no more vectors than it is told, and still arrives', async () => {
  const options = { generator: generator(3), count: 3, tolerance: 1e-9 };
  const narrow = await eigenpairs(withSpectrum(values), { ...options, basis: 6 });
  expect(narrow.status).toBe('converged');
  expect(Math.abs(narrow.values[2]! - wanted.largest[2]!)).toBeLessThan(1e-12);
  const wide = await eigenpairs(withSpectrum(values), { ...options, basis: 60 });
  expect(wide.applications).toBeLessThanOrEqual(narrow.applications);
});

it('low rank: the null space ends the Krylov space early, and the search goes on', async () => {
  const a = withSpectrum(spectrum(60, (i) => (i <= 3 ? i : 0)));
  const { values: found, status } = await eigenpairs(a, { generator: generator(1), count: 5 });
  expect(status).toBe('converged');
  expect(Array.from(found, (x) => Math.round(x * 1e9) / 1e9 + 0)).toEqual([3, 2, 1, 0, 0]);
});

it('a preconditioner saves LOBPCG products', async () => {
  const a = withSpectrum(spectrum(120, (i) => i ** 2));
  const options = { generator: generator(1), count: 2, which: 'smallest', method: 'lobpcg', tolerance: 1e-8 } as const;
  const plain = await eigenpairs(a, options);
  const precondition = inverseOperator(dampedOperator(withSpectrum(spectrum(120, (i) => i ** 2)), 1));
  const quick = await eigenpairs(a, { ...options, precondition });
  expect(quick.status).toBe('converged');
  expect(quick.applications).toBeLessThan(plain.applications / 2);
  expect(quick.values[1]!).toBeCloseTo(4, 6);
});

it('sharpness is the largest eigenvalue', async () => {
  const a = withSpectrum(values);
  const { value, residual, direction, applications } = await sharpness(a, { generator: generator(4), tolerance: 1e-7 });
  expect(Math.abs(value - wanted.largest[0]!)).toBeLessThan(1e-11);
  expect(residual).toBeLessThan(1e-6);
  expect(euclideanNorm(direction)).toBeCloseTo(1, 12);
  expect(applications).toBe(a.applications);
});

describe('errors', () => {
  const a = withSpectrum([1, 2, 3]);
  const options = { generator: generator(1), count: 1 };

  it('requests that cannot be met', async () => {
    const skew = denseOperator(matrix(2, 2, Float64Array.of(0, 1, -1, 0)));
    await expect(eigenpairs(skew, options)).rejects.toThrow(/not symmetric/);
    await expect(eigenpairs(a, { ...options, count: 4 })).rejects.toThrow(/4 are asked for/);
    await expect(eigenpairs(a, { ...options, count: 0 })).rejects.toThrow(InputError);
    await expect(eigenpairs(a, { ...options, basis: 2 })).rejects.toThrow(/basis must be .*, got 2/);
    await expect(eigenpairs(a, { ...options, maxApplications: 1 })).rejects.toThrow(InputError);
  });

  it.each(['lanczos', 'lobpcg'] as const)('%s: products that are not finite', async (method) => {
    const bad = linearOperator({
      name: 'bad',
      size: 3,
      applyBatch: async (vectors) => vectors.map((v) => v.map(() => Number.NaN)),
    });
    await expect(eigenpairs(bad, { ...options, method })).rejects.toThrow(/product with "bad" is not finite/);
  });
});

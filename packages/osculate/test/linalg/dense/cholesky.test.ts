import { describe, expect, it } from 'vitest';
import { cholesky, choleskySolve, type Matrix, pivotedCholesky } from '../../../src/linalg/index.js';
import { ShapeError } from '../../../src/tensor/index.js';
import {
  at,
  build,
  diagonal,
  distance,
  hilbert,
  identity,
  kernelNames,
  nonFiniteValues,
  norm,
  product,
  random,
  randomVector,
  scaled,
  spread,
  symmetric,
  toeplitz,
  transpose,
  withElement,
  withSpectrum,
} from '../support.js';

const definite = (n: number): Matrix => {
  const g = random(n, n + 3, n);
  return product(g, transpose(g));
};

const definiteCases = [
  { name: '0 x 0', a: identity(0) },
  { name: '1 x 1', a: build(1, 1, () => 4) },
  { name: 'order 31', a: definite(31) },
  { name: 'order 32', a: definite(32) },
  { name: 'order 33', a: definite(33) },
  { name: 'order 130', a: definite(130) },
  { name: 'condition 1e14', a: withSpectrum(spread(70, 14)) },
  { name: 'second difference', a: toeplitz(100) },
  { name: 'Hilbert', a: hilbert(8) },
  { name: 'graded', a: build(60, 60, (i, j) => 10 ** (-(i + j) / 4) * (i === j ? 1 : 0.2)) },
  { name: 'scaled by 1e300', a: scaled(definite(40), 1e300) },
  { name: 'scaled by 1e-290', a: scaled(definite(40), 1e-290) },
];

describe.each(kernelNames)('cholesky on %s kernels', (kernels) => {
  const factorOf = (a: Matrix): Matrix => {
    const result = cholesky(a, { kernels });
    if (result.status !== 'ok') throw new Error(JSON.stringify(result));
    return result.factor;
  };

  it.each(definiteCases)('reproduces $name', ({ a }) => {
    const l = factorOf(a);
    expect(distance(product(l, transpose(l)), a)).toBeLessThan(1e-15 * Math.max(4, Math.sqrt(a.rows)));
    for (let i = 0; i < a.rows; i++) for (let j = i + 1; j < a.rows; j++) expect(at(l, i, j)).toBe(0);
  });

  it('reads the lower triangle alone', () => {
    const a = definite(50);
    expect(factorOf(build(50, 50, (i, j) => (i >= j ? at(a, i, j) : -7)))).toEqual(factorOf(a));
  });

  it('names the pivot at which definiteness ends', () => {
    for (const [n, bad] of [
      [1, 0],
      [5, 3],
      [80, 0],
      [80, 41],
      [80, 79],
    ] as const) {
      const l = build(n, n, (i, j) => (i === j ? 2 : i > j ? 1 / (i + j + 1) : 0));
      const d = diagonal(Array.from({ length: n }, (_, i) => (i === bad ? -0.5 : 1)));
      const result = cholesky(product(product(l, d), transpose(l)), { kernels });
      expect(result).toMatchObject({ status: 'indefinite', pivot: bad });
      expect(result.status === 'indefinite' && result.value).toBeCloseTo(-2, 10);
    }
    expect(
      cholesky(
        build(2, 2, () => 0),
        { kernels },
      ),
    ).toEqual({ status: 'indefinite', pivot: 0, value: 0 });
  });

  it('reports what is not finite', () => {
    for (const value of nonFiniteValues) {
      const a = withElement(definite(40), 37, 5, value);
      for (const factor of [cholesky, pivotedCholesky]) {
        expect(factor(a, { kernels })).toEqual({ status: 'nonFinite', row: 37, column: 5 });
      }
    }
    expect(() => cholesky(random(2, 3), { kernels })).toThrow(ShapeError);
  });

  it('solves for one and for many right-hand sides', () => {
    for (const n of [0, 1, 33, 100]) {
      const a = definite(n);
      const x = random(n, 5, 3);
      const l = factorOf(a);
      const solved = choleskySolve(l, product(a, x), { kernels });
      const residual = product(a, solved);
      expect(distance(residual, product(a, x))).toBeLessThan(1e-12);
      const b = randomVector(n);
      expect(
        distance(product(a, { rows: n, columns: 1, data: choleskySolve(l, b, { kernels }) }).data, b),
      ).toBeLessThan(1e-9);
    }
    expect(() => choleskySolve(identity(3), new Float64Array(2), { kernels })).toThrow(
      /2 rows where the matrix calls for 3/,
    );
  });

  it.each([0, 1, 4, 30])('with pivoting finds rank %i and the space', (rank) => {
    const g = random(30, rank, 8);
    const a = product(g, transpose(g));
    const result = pivotedCholesky(a, { kernels });
    if (result.status !== 'ok') throw new Error(result.status);
    const { factor, permutation } = result;
    const permuted = build(30, 30, (i, j) => at(a, permutation[i]!, permutation[j]!));
    expect([result.rank, factor.columns]).toEqual([rank, rank]);
    expect(distance(product(factor, transpose(factor)), permuted)).toBeLessThan(1e-14);
    expect(result.remainder).toBeLessThan(1e-13 * norm(a.data) + 1e-300);
    for (let i = 1; i < rank; i++) expect(at(factor, i, i)).toBeLessThanOrEqual(at(factor, i - 1, i - 1));
  });

  it('with pivoting refuses an indefinite matrix', () => {
    expect(pivotedCholesky(symmetric(20), { kernels }).status).toBe('indefinite');
    expect(pivotedCholesky(diagonal([1, -1e-3]), { kernels })).toEqual({
      status: 'indefinite',
      pivot: 1,
      value: -1e-3,
    });
  });

  it('with pivoting keeps what a tolerance lets through', () => {
    const a = diagonal([1e-3, 1, 1e-6]);
    expect(pivotedCholesky(a, { kernels, tolerance: 1e-4 })).toMatchObject({ rank: 2, remainder: 1e-6 });
    expect(pivotedCholesky(a, { kernels })).toMatchObject({
      rank: 3,
      remainder: 0,
      permutation: Int32Array.of(1, 0, 2),
    });
  });
});

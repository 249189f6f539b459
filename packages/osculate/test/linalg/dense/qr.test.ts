import { describe, expect, it } from 'vitest';
import {
  applyQ,
  type Matrix,
  orthogonalFactor,
  pivotedQr,
  qr,
  solveLeastSquares,
  upperFactor,
} from '../../../src/linalg/index.js';
import { InputError, ShapeError } from '../../../src/tensor/index.js';
import {
  asColumn,
  at,
  build,
  diagonal,
  distance,
  identity,
  kernelNames,
  nonFiniteValues,
  norm,
  orthogonal,
  orthogonalityError,
  product,
  random,
  randomVector,
  scaled,
  spread,
  transpose,
  withElement,
} from '../support.js';

/** m x n with min(m, n) prescribed singular values. */
function withSingularValues(m: number, n: number, values: ArrayLike<number>): Matrix {
  const middle = build(m, n, (i, j) => (i === j ? values[i]! : 0));
  return product(product(orthogonal(m, 11), middle), orthogonal(n, 12));
}

const cases = [
  { name: '0 x 0', a: identity(0) },
  { name: '3 x 0', a: build(3, 0, () => 0) },
  { name: '0 x 3', a: build(0, 3, () => 0) },
  { name: '1 x 1', a: build(1, 1, () => -2) },
  { name: 'tall', a: random(90, 20) },
  { name: 'wide', a: random(20, 90) },
  { name: 'square of order 32', a: random(32, 32) },
  { name: 'square of order 101', a: random(101, 101) },
  { name: 'zero', a: build(6, 4, () => 0) },
  { name: 'identity', a: identity(40) },
  { name: 'of rank 3', a: withSingularValues(50, 40, [3, 2, 1, ...new Float64Array(37)]) },
  { name: 'of condition 1e14', a: withSingularValues(60, 45, spread(45, 14)) },
  { name: 'with badly scaled columns', a: build(40, 30, (i, j) => at(random(40, 30), i, j) * 10 ** (-10 * j)) },
  { name: 'with badly scaled rows', a: build(40, 30, (i, j) => at(random(40, 30), i, j) * 10 ** (-6 * i)) },
  { name: 'scaled by 1e300', a: scaled(random(35, 35), 1e300) },
  { name: 'scaled by 1e-300', a: scaled(random(35, 35), 1e-300) },
];

describe.each(kernelNames)('QR on %s kernels', (kernels) => {
  it.each(cases)('reproduces $name', ({ a }) => {
    const factors = qr(a, { kernels });
    const [q, r] = [orthogonalFactor(factors, { kernels }), upperFactor(factors)];
    expect(distance(product(q, r), a)).toBeLessThan(5e-15);
    expect(orthogonalityError(q)).toBeLessThan(1e-14 * Math.max(4, Math.sqrt(a.columns)));
    for (let i = 0; i < r.rows; i++) for (let j = 0; j < Math.min(i, r.columns); j++) expect(at(r, i, j)).toBe(0);
  });

  it.each(cases)('with pivoting reproduces $name', ({ a }) => {
    const factors = pivotedQr(a, { kernels });
    const [q, r] = [orthogonalFactor(factors, { kernels }), upperFactor(factors)];
    const permuted = build(a.rows, a.columns, (i, j) => at(a, i, factors.permutation[j]!));
    expect(distance(product(q, r), permuted)).toBeLessThan(5e-15);
    for (let i = 1; i < r.rows; i++) {
      expect(Math.abs(at(r, i, i))).toBeLessThanOrEqual(Math.abs(at(r, i - 1, i - 1)) * (1 + 1e-12));
    }
  });

  it('completes the basis and applies Q without forming it', () => {
    const a = random(70, 40);
    const factors = qr(a, { kernels });
    const q = orthogonalFactor(factors, { kernels, columns: 70 });
    expect(orthogonalityError(q)).toBeLessThan(1e-13);
    const c = random(70, 7, 9);
    expect(distance(applyQ(factors, c, { kernels }), product(q, c))).toBeLessThan(1e-14);
    expect(distance(applyQ(factors, c, { kernels, transpose: true }), product(transpose(q), c))).toBeLessThan(1e-14);
    const v = randomVector(70);
    expect(distance(applyQ(factors, v, { kernels }), product(q, asColumn(v)).data)).toBeLessThan(1e-14);
    expect(() => orthogonalFactor(factors, { kernels, columns: 71 })).toThrow(ShapeError);
    expect(() => applyQ(factors, new Float64Array(3), { kernels })).toThrow(/3 rows where the matrix calls for 70/);
  });

  it('reveals the rank', () => {
    for (const rank of [0, 1, 5, 30]) {
      const a = withSingularValues(
        45,
        30,
        Float64Array.from({ length: 30 }, (_, i) => (i < rank ? 1 / (i + 1) : 0)),
      );
      expect(pivotedQr(a, { kernels }).rank).toBe(rank);
    }
    const a = diagonal([1e-5, 1, 1e-9]);
    expect([1e-12, 1e-7, 1e-3].map((rankTolerance) => pivotedQr(a, { kernels, rankTolerance }).rank)).toEqual([
      3, 2, 1,
    ]);
  });

  it('solves least squares: the residual is orthogonal to the columns', () => {
    for (const [m, n] of [
      [50, 20],
      [33, 33],
      [1, 1],
      [5, 0],
    ] as const) {
      const a = random(m, n);
      const b = random(m, 3, 5);
      const { solution, rank, residualNorms } = solveLeastSquares(a, b, { kernels });
      const ax = product(a, solution);
      const residual = build(m, 3, (i, j) => at(b, i, j) - at(ax, i, j));
      expect(rank).toBe(n);
      expect(norm(product(transpose(a), residual).data)).toBeLessThan(1e-11);
      residualNorms.forEach((value, j) => {
        expect(value).toBeCloseTo(norm(residual.data.filter((_, i) => i % 3 === j)), 11);
      });
    }
  });

  it('gives the shortest solution of a deficient or underdetermined problem, and says so', () => {
    for (const [m, n, rank] of [
      [40, 25, 10],
      [15, 30, 15],
      [20, 20, 1],
      [6, 4, 0],
    ] as const) {
      const values = Float64Array.from({ length: Math.min(m, n) }, (_, i) => (i < rank ? 1 + i : 0));
      const a = withSingularValues(m, n, values);
      const found = solveLeastSquares(a, randomVector(m), { kernels });
      // The pseudo-inverse in closed form, from the factors that a was made of.
      const inverse = build(n, m, (i, j) => (i === j && values[i]! > 0 ? 1 / values[i]! : 0));
      const pseudo = product(product(transpose(orthogonal(n, 12)), inverse), transpose(orthogonal(m, 11)));
      expect(found.rank).toBe(rank);
      expect(distance(found.solution, product(pseudo, asColumn(randomVector(m))).data)).toBeLessThan(1e-12);
    }
  });

  it('reproduces the fit of a straight line', () => {
    const x = [1, 2, 3, 4];
    const a = build(4, 2, (i, j) => (j === 0 ? 1 : x[i]!));
    const { solution, residualNorms } = solveLeastSquares(a, Float64Array.of(6, 5, 7, 10), { kernels });
    expect(distance(solution, Float64Array.of(3.5, 1.4))).toBeLessThan(1e-14);
    expect(residualNorms[0]).toBeCloseTo(Math.sqrt(4.2), 13);
  });

  it('refuses what is not finite', () => {
    for (const value of nonFiniteValues) {
      const a = withElement(random(5, 3), 4, 2, value);
      for (const factor of [qr, pivotedQr]) expect(() => factor(a, { kernels })).toThrow(/at row 4, column 2/);
      expect(() => solveLeastSquares(a, new Float64Array(5), { kernels })).toThrow(InputError);
      expect(() => solveLeastSquares(random(2, 2), Float64Array.of(0, value), { kernels })).toThrow(/right-hand side/);
    }
  });
});

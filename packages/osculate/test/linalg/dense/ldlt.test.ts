import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LdlFactors } from '../../../src/linalg/dense/ldlt.js';
import {
  cholesky,
  ldlt,
  ldltSolve,
  type Matrix,
  modifiedCholesky,
  symmetricEigenvalues,
} from '../../../src/linalg/index.js';
import { InputError, ShapeError } from '../../../src/tensor/index.js';
import {
  at,
  build,
  diagonal,
  distance,
  epsilon,
  identity,
  kernelNames,
  nonFiniteValues,
  norm,
  product,
  random,
  randomVector,
  scaled,
  symmetric,
  symmetricCases,
  transpose,
  withElement,
  withSpectrum,
} from '../support.js';

/** Pᵀ L D Lᵀ P. */
function restore({ factor, diagonal: d, subdiagonal, permutation }: LdlFactors): Matrix {
  const n = d.length;
  const middle = build(n, n, (i, j) => {
    if (i === j) return d[i]!;
    return Math.abs(i - j) === 1 ? subdiagonal[Math.min(i, j)]! : 0;
  });
  const permuted = product(product(factor, middle), transpose(factor));
  const result = build(n, n, () => 0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) result.data[permutation[i]! * n + permutation[j]!] = at(permuted, i, j);
  }
  return result;
}

describe.each(kernelNames)('ldlt on %s kernels', (kernels) => {
  it.each(symmetricCases)('reproduces $name with a bounded factor', ({ a }) => {
    const factors = ldlt(a, { kernels });
    expect(distance(restore(factors), a)).toBeLessThan(2e-14);
    for (const element of factors.factor.data) expect(Math.abs(element)).toBeLessThan(2.79);
  });

  it('counts the signs of a prescribed spectrum', () => {
    const check = (positive: number, negative: number, zero: number) => {
      // A congruence of a diagonal matrix by a well-conditioned integer matrix, exact in floating point.
      const n = positive + negative + zero;
      const signs = Array.from({ length: n }, (_, i) => (i < positive ? 1 : i < positive + negative ? -1 : 0));
      const c = build(n, n, (i, j) => (i === j ? 1 : i > j ? ((i * 7 + j * 3) % 3) - 1 : 0));
      const a = product(product(c, diagonal(signs)), transpose(c));
      const { inertia } = ldlt(a, { kernels });
      if (zero === 0) expect(inertia).toEqual({ positive, negative, zero });
      else expect(inertia.positive + inertia.negative).toBeGreaterThanOrEqual(positive + negative);
    };
    const count = fc.integer({ min: 0, max: 6 });
    fc.assert(fc.property(count, count, (positive, negative) => check(positive, negative, 0)));
    check(3, 2, 2);
    expect(ldlt(diagonal([2, 0, -1, 0]), { kernels }).inertia).toEqual({ positive: 1, negative: 1, zero: 2 });
  });

  it('solves indefinite systems', () => {
    for (const n of [0, 1, 2, 40, 75]) {
      const a = symmetric(n, n + 1);
      const b = randomVector(n);
      const solved = ldltSolve(ldlt(a, { kernels }), b, { kernels });
      if (solved.status !== 'ok') throw new Error(solved.status);
      expect(distance(product(a, { rows: n, columns: 1, data: solved.solution }).data, b)).toBeLessThan(1e-11);
    }
    const saddle = build(3, 3, (i, j) => (i + j === 2 ? 1e-9 : 0));
    const solved = ldltSolve(ldlt(saddle, { kernels }), identity(3), { kernels });
    expect(solved.status === 'ok' && distance(product(saddle, solved.solution), identity(3))).toBeLessThan(epsilon);
  });

  it('reports a singular matrix instead of dividing by zero', () => {
    expect(ldltSolve(ldlt(diagonal([1, 0, 2]), { kernels }), new Float64Array(3), { kernels })).toEqual({
      status: 'singular',
    });
    expect(
      ldltSolve(
        ldlt(
          build(4, 4, () => 1),
          { kernels },
        ),
        new Float64Array(4),
        { kernels },
      ).status,
    ).toBe('singular');
  });

  it('refuses what is not finite or not square', () => {
    for (const value of nonFiniteValues) {
      expect(() => ldlt(withElement(symmetric(4), 3, 1, value), { kernels })).toThrow(InputError);
      expect(() => modifiedCholesky(withElement(symmetric(4), 3, 1, value), { kernels })).toThrow(InputError);
    }
    expect(() => ldlt(random(2, 3), { kernels })).toThrow(ShapeError);
  });

  it.each(symmetricCases)('the modified factorisation makes $name definite', ({ a }) => {
    const { factors, changed, largestChange } = modifiedCholesky(a, { kernels });
    const shifted = restore(factors);
    const least = symmetricEigenvalues(a, { kernels })[0] ?? 1;
    const size = norm(a.data);
    if (least > 1e-3 * size) expect([changed, largestChange]).toEqual([0, 0]);
    expect(factors.inertia).toEqual({ positive: a.rows, negative: 0, zero: 0 });
    expect(cholesky(shifted, { kernels }).status).toBe('ok');
    const shift = norm(shifted.data.map((value, i) => value - a.data[i]!));
    // Cheng and Higham bound E by the change of D times the condition of L; for these the factor stays small.
    expect(shift).toBeLessThan(100 * a.rows * (Math.max(0, -least) + 1e-7 * size) + (size === 0 ? 3 : 0));
    const b = scaled({ rows: a.rows, columns: 1, data: randomVector(a.rows) }, size || 1).data;
    const solved = ldltSolve(factors, b, { kernels });
    if (solved.status !== 'ok') throw new Error(solved.status);
    const descent = solved.solution.reduce((sum, value, i) => sum + value * (b[i]! / (norm(b) || 1)), 0);
    expect(a.rows === 0 || descent > 0).toBe(true);
  });

  it('leaves a comfortably definite matrix alone and reflects eigenvalues on demand', () => {
    const definite = withSpectrum([1, 2, 3, 4, 5]);
    expect(distance(restore(modifiedCholesky(definite, { kernels }).factors), definite)).toBeLessThan(1e-15);
    const reflected = modifiedCholesky(diagonal([3, -2, 1e-30]), { kernels, negative: 'reflect', floor: 0.5 });
    expect(distance(restore(reflected.factors), diagonal([3, 2, 0.5]))).toBeLessThan(1e-15);
    expect(reflected).toMatchObject({ changed: 2, largestChange: 4 });
    const swap = modifiedCholesky(
      build(2, 2, (i, j) => (i === j ? 0 : 1)),
      { kernels, negative: 'reflect' },
    );
    expect(distance(restore(swap.factors), identity(2))).toBeLessThan(1e-15);
    expect(() => modifiedCholesky(definite, { kernels, floor: 0 })).toThrow(
      /the floor is 0; it must be a positive number/,
    );
  });
});

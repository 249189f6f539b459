import { describe, expect, it } from 'vitest';
import { estimateOneNorm } from '../../../src/linalg/dense/condition-estimate.js';
import {
  conditionEstimate,
  determinant,
  logDeterminant,
  lu,
  luSolve,
  oneNorm,
  solveTriangular,
} from '../../../src/linalg/index.js';
import { InputError, ShapeError } from '../../../src/tensor/index.js';
import {
  at,
  build,
  diagonal,
  distance,
  hilbert,
  identity,
  kernelNames,
  nonFiniteValues,
  orthogonal,
  product,
  random,
  randomVector,
  scaled,
  toeplitz,
  transpose,
  withElement,
  withSpectrum,
} from '../support.js';

describe.each(kernelNames)('LU on %s kernels', (kernels) => {
  it('reproduces P A with multipliers of at most 1', () => {
    for (const n of [0, 1, 2, 16, 17, 60, 131]) {
      const a = random(n, n, n + 1);
      const { factors, permutation } = lu(a, { kernels });
      const l = build(n, n, (i, j) => (i === j ? 1 : i > j ? at(factors, i, j) : 0));
      const u = build(n, n, (i, j) => (i <= j ? at(factors, i, j) : 0));
      expect(
        distance(
          product(l, u),
          build(n, n, (i, j) => at(a, permutation[i]!, j)),
        ),
      ).toBeLessThan(1e-13);
      for (const element of l.data) expect(Math.abs(element)).toBeLessThanOrEqual(1);
    }
  });

  it('solves with A and with its transpose', () => {
    for (const n of [0, 1, 40, 90]) {
      const a = random(n, n, 5);
      const factors = lu(a, { kernels });
      const b = random(n, 4, 6);
      expect(distance(product(a, luSolve(factors, b, { kernels })), b)).toBeLessThan(1e-11);
      const solved = luSolve(factors, b, { kernels, transpose: true });
      expect(distance(product(transpose(a), solved), b)).toBeLessThan(1e-11);
    }
  });

  it('gives determinants, also of what over- and underflows', () => {
    expect(determinant(identity(0), { kernels })).toBe(1);
    expect(
      determinant(
        build(3, 3, (i, j) => [2, -1, 0, 1, 3, 2, 0, 5, -4][3 * i + j]!),
        { kernels },
      ),
    ).toBeCloseTo(-48, 12);
    expect(
      determinant(
        build(2, 2, (i, j) => (i === j ? 0 : 1)),
        { kernels },
      ),
    ).toBe(-1);
    expect(determinant(toeplitz(20), { kernels })).toBeCloseTo(21, 11);
    expect(
      determinant(
        build(4, 4, () => 3),
        { kernels },
      ),
    ).toBe(0);
    expect(logDeterminant(scaled(toeplitz(30), -1e200), { kernels })).toMatchObject({ sign: 1 });
    expect(logDeterminant(scaled(toeplitz(31), -1e-200), { kernels }).sign).toBe(-1);
    expect(logDeterminant(scaled(toeplitz(30), -1e200), { kernels }).logMagnitude).toBeCloseTo(
      30 * Math.log(1e200) + Math.log(31),
      8,
    );
    expect(logDeterminant(diagonal([1, 0, 2]), { kernels })).toEqual({ sign: 0, logMagnitude: -Infinity });
    expect(lu(diagonal([1, 0, 0]), { kernels }).singularAt).toBe(1);
  });

  it('estimates the condition within a factor of 3, and never above it', () => {
    for (const a of [identity(1), random(30, 30), toeplitz(50), hilbert(6), withSpectrum([1, 1e-3, 1e-9, 2, -4])]) {
      const inverse = luSolve(lu(a, { kernels }), identity(a.rows), { kernels });
      const exact = oneNorm(a) * oneNorm(inverse);
      const estimate = conditionEstimate(a, { kernels });
      expect(estimate / exact).toBeLessThan(1 + 1e-8);
      expect(estimate / exact).toBeGreaterThan(1 / 3);
    }
    expect(conditionEstimate(diagonal([1, 0]), { kernels })).toBe(Infinity);
    expect(conditionEstimate(identity(0), { kernels })).toBe(0);
    const signed = build(6, 6, (i, j) => ((i + j) % 2 ? 1 : -1) / (1 + Math.abs(i - j)));
    const apply = (a: typeof signed) => (x: Float64Array) => product(a, { rows: 6, columns: 1, data: x }).data;
    expect(estimateOneNorm(6, apply(signed), apply(transpose(signed)))).toBeCloseTo(oneNorm(signed), 12);
  });

  it('refuses what is not finite or not square', () => {
    for (const value of nonFiniteValues) {
      const a = withElement(random(4, 4), 0, 3, value);
      for (const routine of [lu, determinant, logDeterminant, conditionEstimate]) {
        expect(() => routine(a, { kernels })).toThrow(InputError);
        expect(() => routine(random(2, 3), { kernels })).toThrow(ShapeError);
      }
    }
  });
});

describe.each(kernelNames)('solveTriangular on %s kernels', (kernels) => {
  it.each([
    ['lower', false],
    ['lower', true],
    ['upper', false],
    ['upper', true],
  ] as const)('%s, transposed %s, to backward error 2⁻⁵²', (triangle, transpose_) => {
    for (const n of [0, 1, 15, 33, 64, 150]) {
      for (const unitDiagonal of [false, true]) {
        const full = build(n, n, (i, j) => (i === j ? 2 + (i % 3) : Math.sin(3 * i + 5 * j) / n));
        const inUse = build(n, n, (i, j) => {
          if (i === j) return unitDiagonal ? 1 : at(full, i, j);
          return (triangle === 'lower' ? i > j : i < j) ? at(full, i, j) : 0;
        });
        const b = random(n, 6, 4);
        const options = { kernels, triangle, transpose: transpose_, unitDiagonal };
        const solved = solveTriangular(full, b, options);
        if (solved.status !== 'ok') throw new Error(solved.status);
        expect(distance(product(transpose_ ? transpose(inUse) : inUse, solved.solution), b)).toBeLessThan(1e-14);
      }
    }
  });

  it('is componentwise stable on a graded matrix', () => {
    const n = 60;
    const l = build(n, n, (i, j) => (i >= j ? 10 ** (-i / 4) * (i === j ? 1 : 0.4) : 0));
    const x = randomVector(n);
    const b = product(l, { rows: n, columns: 1, data: x }).data;
    const solved = solveTriangular(l, b, { kernels });
    expect(solved.status === 'ok' && distance(solved.solution, x)).toBeLessThan(1e-13);
  });

  it('reports a zero pivot and refuses what is not finite', () => {
    expect(solveTriangular(diagonal([1, 2, 0, 0]), new Float64Array(4), { kernels })).toEqual({
      status: 'singular',
      pivot: 2,
    });
    expect(solveTriangular(diagonal([0]), Float64Array.of(3), { kernels, unitDiagonal: true })).toEqual({
      status: 'ok',
      solution: Float64Array.of(3),
    });
    expect(() => solveTriangular(orthogonal(2), Float64Array.of(1, Number.NaN), { kernels })).toThrow(InputError);
    expect(() => solveTriangular(withElement(identity(3), 1, 0, Infinity), new Float64Array(3), { kernels })).toThrow(
      InputError,
    );
    expect(() => solveTriangular(random(2, 3), new Float64Array(2), { kernels })).toThrow(ShapeError);
  });
});

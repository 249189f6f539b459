import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tridiagonalEigen } from '../../../src/linalg/dense/eigen/tridiagonal-eigen.js';
import { symmetricEigen, symmetricEigenvalues } from '../../../src/linalg/index.js';
import { InputError, ShapeError } from '../../../src/tensor/index.js';
import {
  at,
  build,
  diagonal,
  distance,
  kernelNames,
  nonFiniteValues,
  norm,
  orthogonalityError,
  product,
  random,
  symmetric,
  symmetricCases,
  toeplitz,
  toeplitzEigenvalues,
  transpose,
  withElement,
  withSpectrum,
} from '../support.js';

describe.each(kernelNames)('symmetricEigen on %s kernels', (kernels) => {
  describe.each(['divideAndConquer', 'implicitQl'] as const)('by %s', (method) => {
    it.each(symmetricCases)('reproduces $name', ({ a }) => {
      const { values, vectors } = symmetricEigen(a, { kernels, method });
      const back = product(product(vectors, diagonal(values)), transpose(vectors));
      expect(distance(back, a)).toBeLessThan(1e-13);
      expect(orthogonalityError(vectors)).toBeLessThan(1e-13 * Math.max(1, a.rows));
      expect(Array.from(values)).toEqual(Array.from(values).sort((x, y) => x - y));
    });
  });

  it('has the eigenvalues of the second difference', () => {
    for (const n of [1, 31, 32, 33, 64, 150]) {
      const { values } = symmetricEigen(toeplitz(n), { kernels });
      expect(norm(values.map((value, i) => value - toeplitzEigenvalues(n)[i]!))).toBeLessThan(1e-14 * Math.sqrt(n));
    }
  });

  it('finds a prescribed spectrum to 2⁻⁵² of its largest', () => {
    const spectrum = Float64Array.from({ length: 75 }, (_, i) => Math.sinh((i - 30) / 8)).sort();
    const { values } = symmetricEigen(withSpectrum(spectrum), { kernels });
    const largest = Math.max(...spectrum.map(Math.abs));
    const errors = values.map((value, i) => Math.abs(value - spectrum[i]!));
    expect(Math.max(...errors)).toBeLessThan(2e-14 * largest);
  });

  it('reads the lower triangle alone', () => {
    const a = symmetric(20);
    const lower = build(20, 20, (i, j) => (i >= j ? at(a, i, j) : 1234));
    expect(symmetricEigen(lower, { kernels }).values).toEqual(symmetricEigen(a, { kernels }).values);
  });

  it('agrees with the eigenvalues alone', () => {
    for (const { a } of symmetricCases) {
      const values = symmetricEigenvalues(a, { kernels });
      expect(distance(values, symmetricEigen(a, { kernels }).values)).toBeLessThan(1e-13);
    }
  });

  it('refuses what is not finite or not square', () => {
    for (const value of nonFiniteValues) {
      for (const solve of [symmetricEigen, symmetricEigenvalues]) {
        expect(() => solve(withElement(symmetric(4), 2, 1, value), { kernels })).toThrow(
          new InputError(`${solve.name}: the matrix has ${value} at row 2, column 1; all elements must be finite.`),
        );
        expect(() => solve(random(3, 2), { kernels })).toThrow(ShapeError);
      }
    }
  });

  it('splits tridiagonal matrices of any kind', () => {
    const element = fc.oneof(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.constantFrom(0, 1, 1, 1e-8, -1e-8, 1e-16, 1e-30, 1e-160),
    );
    const matrices = fc.integer({ min: 0, max: 110 }).chain((n) =>
      fc.record({
        d: fc.array(element, { minLength: n, maxLength: n }),
        e: fc.array(element, { minLength: Math.max(0, n - 1), maxLength: Math.max(0, n - 1) }),
      }),
    );
    fc.assert(
      fc.property(matrices, ({ d, e }) => {
        const a = build(d.length, d.length, (i, j) =>
          i === j ? d[i]! : Math.abs(i - j) === 1 ? e[Math.min(i, j)]! : 0,
        );
        const { values, vectors } = tridiagonalEigen(Float64Array.from(d), Float64Array.from(e), { kernels });
        const back = product(product(vectors, diagonal(values)), transpose(vectors)).data;
        // Subnormal elements have few digits to lose, so there is an absolute part.
        expect(norm(back.map((value, i) => value - a.data[i]!))).toBeLessThan(1e-13 * norm(a.data) + 1e-319);
        expect(orthogonalityError(vectors)).toBeLessThan(1e-12);
      }),
      { numRuns: 40 },
    );
  });

  it('resolves glued Wilkinson matrices, whose eigenvalues agree to many digits', () => {
    const d = Float64Array.from({ length: 21 * 9 }, (_, i) => Math.abs(10 - (i % 21)));
    const e = Float64Array.from({ length: d.length - 1 }, (_, i) => (i % 21 === 20 ? 1e-10 : 1));
    const a = build(d.length, d.length, (i, j) => (i === j ? d[i]! : Math.abs(i - j) === 1 ? e[Math.min(i, j)]! : 0));
    const { values, vectors } = tridiagonalEigen(d, e, { kernels });
    expect(distance(product(product(vectors, diagonal(values)), transpose(vectors)), a)).toBeLessThan(1e-13);
    expect(orthogonalityError(vectors)).toBeLessThan(1e-12);
  });
});

describe('tridiagonalEigen', () => {
  it('refuses lengths that do not fit and elements that are not finite', () => {
    expect(() => tridiagonalEigen(new Float64Array(3), new Float64Array(3))).toThrow(
      /3 diagonal .* 2 off-diagonal ones; got 3/,
    );
    expect(() => tridiagonalEigen(Float64Array.of(1, Number.NaN), Float64Array.of(1))).toThrow(InputError);
  });
});

import { describe, expect, it } from 'vitest';
import { tridiagonalEigen } from '../../../src/linalg/dense/eigen/tridiagonal-eigen.js';
import { lanczos, lobpcg, type Matrix } from '../../../src/linalg/index.js';
import { generator, InputError, ShapeError } from '../../../src/tensor/index.js';
import {
  asyncOperatorOf,
  at,
  build,
  diagonal,
  distance,
  identity,
  nonFiniteValues,
  norm,
  operatorOf,
  orthogonalityError,
  product,
  randomVector,
  spread,
  toeplitz,
  toeplitzEigenvalues,
  withSpectrum,
} from '../support.js';

const columns = (vectors: readonly Float64Array[]): Matrix =>
  build(vectors[0]?.length ?? 0, vectors.length, (i, j) => vectors[j]![i]!);

const starts = (n: number, count: number): Float64Array[] => {
  const g = generator(5);
  return Array.from({ length: count }, () => randomVector(n, g));
};

describe('lanczos', () => {
  it('reduces A to a tridiagonal on an orthonormal basis, long after the ends of the spectrum have converged', () => {
    const a = withSpectrum(Float64Array.from({ length: 90 }, (_, i) => (i < 3 ? 1000 * (3 - i) : Math.cos(i))));
    const {
      status,
      diagonal: d,
      offDiagonal,
      basis,
      iterations,
      residual,
    } = lanczos(operatorOf(a), randomVector(90), 60);
    const v = columns(basis);
    const t = build(60, 60, (i, j) => (i === j ? d[i]! : Math.abs(i - j) === 1 ? offDiagonal[Math.min(i, j)]! : 0));
    expect([status, iterations, offDiagonal.length]).toEqual(['complete', 60, 59]);
    expect(orthogonalityError(v)).toBeLessThan(1e-13);
    const vt = product(v, t);
    const rest = product(a, v).data.map((value, i) => value - vt.data[i]!);
    expect(Math.abs(norm(rest) - residual)).toBeLessThan(1e-11);
    const ritz = tridiagonalEigen(d, offDiagonal).values;
    expect(distance(ritz.slice(-3), Float64Array.of(1000, 2000, 3000))).toBeLessThan(1e-13);
  });

  it('has the whole spectrum after n steps', () => {
    const { status, diagonal: d, offDiagonal } = lanczos(operatorOf(toeplitz(40)), randomVector(40), 99);
    expect(status).toBe('invariant');
    expect(distance(tridiagonalEigen(d, offDiagonal).values, toeplitzEigenvalues(40))).toBeLessThan(1e-13);
  });

  it('stops at an invariant subspace with its eigenvalues', async () => {
    const a = withSpectrum(Float64Array.from({ length: 30 }, (_, i) => [1, 4, -2][i % 3]!));
    const result = lanczos(operatorOf(a), randomVector(30), 20);
    expect([result.status, result.iterations]).toEqual(['invariant', 3]);
    expect(
      distance(tridiagonalEigen(result.diagonal, result.offDiagonal).values, Float64Array.of(-2, 1, 4)),
    ).toBeLessThan(1e-13);
    expect(await lanczos(asyncOperatorOf(a), randomVector(30), 20)).toEqual(result);
    expect(lanczos(operatorOf(diagonal([0, 0])), Float64Array.of(1, 1), 2)).toMatchObject({
      status: 'invariant',
      iterations: 1,
    });
  });

  it('ends with typed results where it must', () => {
    expect(lanczos(operatorOf(identity(3)), new Float64Array(3), 2)).toMatchObject({
      status: 'nonFinite',
      iterations: 0,
    });
    expect(lanczos(operatorOf(identity(3)), randomVector(3), 0)).toMatchObject({ status: 'complete', iterations: 0 });
    for (const value of nonFiniteValues) {
      let calls = 0;
      const breaking = (v: Float64Array, out: Float64Array) => {
        operatorOf(toeplitz(9))(v, out);
        if (++calls === 4) out[0] = value;
      };
      const result = lanczos(breaking, randomVector(9), 8);
      expect([result.status, result.iterations, result.basis.length]).toEqual(['nonFinite', 3, 3]);
      expect(lanczos(operatorOf(identity(2)), Float64Array.of(value, 1), 2).status).toBe('nonFinite');
    }
  });
});

describe('lobpcg', () => {
  const check = (a: Matrix, { values, vectors, residuals }: ReturnType<typeof lobpcg>, expected: readonly number[]) => {
    const x = columns(vectors);
    expect(orthogonalityError(x)).toBeLessThan(1e-12);
    expect(distance(values, Float64Array.from(expected))).toBeLessThan(1e-12);
    const ax = product(a, x);
    vectors.forEach((v, j) => {
      const r = norm(v.map((value, i) => at(ax, i, j) - values[j]! * value));
      expect(Math.abs(r - residuals[j]!)).toBeLessThan(1e-9);
    });
  };

  it('finds either end of a known spectrum', async () => {
    const a = toeplitz(80);
    const exact = Array.from(toeplitzEigenvalues(80));
    const largest = lobpcg(operatorOf(a), starts(80, 4));
    expect(largest.status).toBe('converged');
    check(a, largest, exact.slice(-4).reverse());
    const smallest = lobpcg(operatorOf(a), starts(80, 3), { which: 'smallest' });
    expect(smallest.status).toBe('converged');
    check(a, smallest, exact.slice(0, 3));
    expect(await lobpcg(asyncOperatorOf(a), starts(80, 4))).toEqual(largest);
  });

  it('finds repeated eigenvalues and those of an indefinite matrix', () => {
    const a = withSpectrum(Float64Array.from({ length: 50 }, (_, i) => (i < 3 ? -7 : i < 6 ? 5 : Math.sin(i))));
    check(a, lobpcg(operatorOf(a), starts(50, 3)), [5, 5, 5]);
    check(a, lobpcg(operatorOf(a), starts(50, 2), { which: 'smallest' }), [-7, -7]);
  });

  it('is quicker with a preconditioner', () => {
    const d = Float64Array.from(spread(200, 6)).map((value) => 1 / value);
    const a = diagonal(d);
    const precondition = (v: Float64Array, out: Float64Array) => {
      for (let i = 0; i < v.length; i++) out[i] = v[i]! / d[i]!;
    };
    const options = { which: 'smallest', tolerance: 1e-14, maxIterations: 100 } as const;
    const plain = lobpcg(operatorOf(a), starts(200, 2), options);
    const quick = lobpcg(operatorOf(a), starts(200, 2), { ...options, precondition });
    expect(distance(quick.values, d.slice(0, 2))).toBeLessThan(1e-9);
    expect(quick.iterations).toBeLessThan(plain.iterations);
  });

  it('finds all pairs when asked for as many as there are', () => {
    const a = withSpectrum([1, 2, 3]);
    const result = lobpcg(operatorOf(a), starts(3, 3));
    expect(result).toMatchObject({ status: 'converged', iterations: 0 });
    check(a, result, [3, 2, 1]);
    expect(lobpcg(operatorOf(diagonal([0, 0, 0])), starts(3, 1)).status).toBe('converged');
  });

  it('ends with typed results where it must', () => {
    expect(lobpcg(operatorOf(identity(3)), [])).toMatchObject({ status: 'converged', vectors: [] });
    expect(lobpcg(operatorOf(toeplitz(60)), starts(60, 2), { maxIterations: 2 })).toMatchObject({
      status: 'budget',
      iterations: 2,
    });
    expect(['stalled', 'budget']).toContain(lobpcg(operatorOf(toeplitz(6)), starts(6, 2), { tolerance: 0 }).status);
    for (const value of nonFiniteValues) {
      let calls = 0;
      const breaking = (v: Float64Array, out: Float64Array) => {
        operatorOf(toeplitz(9))(v, out);
        if (++calls === 4) out[0] = value;
      };
      const result = lobpcg(breaking, starts(9, 2));
      expect(result.status).toBe('nonFinite');
      expect(result.vectors.every((v) => v.every(Number.isFinite))).toBe(true);
      expect(lobpcg(operatorOf(identity(2)), [Float64Array.of(value, 1)]).status).toBe('nonFinite');
    }
    const v = Float64Array.of(1, 2, 3);
    expect(() => lobpcg(operatorOf(identity(3)), [v, v])).toThrow(InputError);
    expect(() => lobpcg(operatorOf(identity(3)), [v, new Float64Array(2)])).toThrow(/start vector 1 has 2 elements/);
    expect(() => lobpcg(operatorOf(identity(1)), starts(1, 2))).toThrow(ShapeError);
  });
});

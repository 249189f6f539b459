import { describe, expect, it } from 'vitest';
import {
  cholesky,
  euclideanNorm,
  frobeniusNorm,
  identityMatrix,
  infinityNorm,
  inverseRoot,
  type Matrix,
  matrix,
  matrixFromRows,
  maxNorm,
  multiply,
  newtonSchulz,
  oneNorm,
  orthogonalFactor,
  qr,
  symmetricEigen,
  transposeMatrix,
} from '../../../src/linalg/index.js';
import { generator, InputError, ShapeError } from '../../../src/tensor/index.js';
import {
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
  scaled,
  spread,
  transpose,
  withElement,
  withSpectrum,
} from '../support.js';

function rootOf(...args: Parameters<typeof inverseRoot>): Matrix {
  const result = inverseRoot(...args);
  if (result.status !== 'converged') throw new Error(`${result.status} ${'residual' in result ? result.residual : ''}`);
  return result.root;
}

describe.each(kernelNames)('inverseRoot on %s kernels', (kernels) => {
  describe.each(['eigen', 'newton'] as const)('by %s', (method) => {
    const known = matrixFromRows([
      [1195, -944, -224],
      [-944, 746, 177],
      [-224, 177, 42],
    ]);
    const knownRoot = matrixFromRows([
      [1, 1, 1],
      [1, 2, -3],
      [1, -3, 18],
    ]);

    it('knows a root in integers', () => {
      // The condition is about 8e5, and 2⁻⁵² times it is what any method can promise.
      expect(distance(rootOf(known, 2, { kernels, method, tolerance: 1e-9 }), knownRoot)).toBeLessThan(1e-8);
    });

    it.each([1, 2, 3, 4, 8])('of order %i gives back the inverse by multiplication', (p) => {
      for (const a of [withSpectrum([1]), withSpectrum([5, 0.5, 2, 1, 1]), withSpectrum(spread(40, 3))]) {
        const root = rootOf(a, p, { kernels, method });
        let power = root;
        for (let i = 1; i < p; i++) power = product(power, root);
        expect(distance(product(power, a), identity(a.rows))).toBeLessThan(1e-11);
      }
    });

    it('adds the ridge', () => {
      const root = rootOf(diagonal([0, 3, 8]), 2, { kernels, method, ridge: 1 });
      expect(distance(root, diagonal([1, 1 / 2, 1 / 3]))).toBeLessThan(1e-14);
      expect(rootOf(identity(0), 2, { kernels, method }).data.length).toBe(0);
    });

    it('is a result for what has no root', () => {
      expect(
        inverseRoot(
          build(3, 3, () => 0),
          2,
          { kernels, method },
        ),
      ).toEqual({ status: 'indefinite', eigenvalue: 0 });
      expect(['indefinite', 'diverged']).toContain(inverseRoot(diagonal([1, -1]), 2, { kernels, method }).status);
      for (const value of nonFiniteValues) {
        const a = withElement(identity(4), 3, 1, value);
        expect(inverseRoot(a, 2, { kernels, method })).toEqual({ status: 'nonFinite', row: 3, column: 1 });
      }
    });

    it('refuses other roots', () => {
      expect(() => inverseRoot(identity(2), 0, { kernels, method })).toThrow(/p is 0; it must be a positive integer/);
      expect(() => inverseRoot(identity(2), 1.5, { kernels, method })).toThrow(InputError);
      expect(() => inverseRoot(identity(2), 2, { kernels, method, ridge: Number.NaN })).toThrow(InputError);
      expect(() => inverseRoot(random(2, 3), 2, { kernels, method })).toThrow(ShapeError);
    });
  });

  it('by newton says how far it got within a budget', () => {
    const result = inverseRoot(hilbert(8), 4, { kernels, method: 'newton', maxIterations: 3 });
    expect(result).toMatchObject({ status: 'stalled', iterations: 3 });
    expect(result.status === 'stalled' && result.residual).toBeGreaterThan(0.1);
  });

  describe.each([1, 2, 3, 4, 5, 8, 16, 32, 64])('by newton of order %i', (p) => {
    // A root that is known without either method, from a spectrum that is: Q·Λ^(−1/p)·Qᵀ.
    it.each([0, 1, 2, 4, 6, 8])('converges at condition 1e%i, to what rounding allows', (decades) => {
      for (const n of [1, 2, 7, 30]) {
        const random = generator(100 * n + decades);
        const spectra = {
          even: spread(n, decades),
          oneSmall: Float64Array.from({ length: n }, (_, i) => (i === 0 ? 10 ** -decades : 1)),
          oneLarge: Float64Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 10 ** -decades)),
          drawn: Float64Array.from({ length: n }, () => 10 ** (-decades * random.uniform())),
        };
        for (const [name, values] of Object.entries(spectra)) {
          for (const size of [1, 3e5, 1e-9]) {
            const sized = values.map((value) => size * value);
            const result = inverseRoot(withSpectrum(sized), p, { kernels, method: 'newton' });
            expect(result.status, `${name}, n = ${n}, size ${size}`).toBe('converged');
            const root = result.status === 'converged' ? result.root : matrix(0, 0);
            const known = withSpectrum(sized.map((value) => value ** (-1 / p)));
            expect(distance(root, known), `${name}, n = ${n}, size ${size}`).toBeLessThan(
              100 * 2 ** -52 * 10 ** decades,
            );
          }
        }
      }
    });
  });

  it('agrees between methods', () => {
    const a = withSpectrum(spread(30, 4));
    expect(distance(rootOf(a, 4, { kernels, method: 'newton' }), rootOf(a, 4, { kernels }))).toBeLessThan(1e-11);
  });
});

describe.each(kernelNames)('newtonSchulz on %s kernels', (kernels) => {
  const images = [
    [1, 0.696436],
    [0.5, 0.765439],
    [0.1, 0.71212],
    [0.01, 0.698917],
    [0.001, 0.470544],
  ] as const;

  it.each(images)('maps the singular value %d to %d', (value, image) => {
    // The normalisation leaves a matrix of unit Frobenius norm as it is; a second value fills it up.
    const rest = Math.sqrt(1 - value * value);
    const x = newtonSchulz(diagonal([value, rest]), { kernels });
    expect(Math.abs(x.data[0]! - image)).toBeLessThan(5e-7);
    expect(Math.abs(x.data[1]!) + Math.abs(x.data[2]!)).toBe(0);
  });

  it('acts on the singular values alone, tall and wide', () => {
    for (const [m, n] of [
      [12, 40],
      [40, 12],
      [20, 20],
    ] as const) {
      const values = spread(Math.min(m, n), 2);
      const size = Math.hypot(...values);
      const [u, v] = [orthogonal(m, 5), orthogonal(n, 6)];
      const compose = (f: (value: number) => number) =>
        product(
          product(
            u,
            build(m, n, (i, j) => (i === j ? f(values[i]!) : 0)),
          ),
          v,
        );
      const polynomial = (value: number) => {
        let x = value / size;
        for (let step = 0; step < 5; step++) x = 3.4445 * x - 4.775 * x ** 3 + 2.0315 * x ** 5;
        return x;
      };
      expect(
        distance(
          newtonSchulz(
            compose((value) => 7 * value),
            { kernels },
          ),
          compose(polynomial),
        ),
      ).toBeLessThan(1e-12);
    }
  });

  it('with the classical coefficients converges to the orthogonal factor', () => {
    const g = random(10, 6);
    const coefficients = [1.5, -0.5, 0] as const;
    const x = newtonSchulz(g, { kernels, steps: 60, coefficients });
    expect(distance(product(transpose(x), x), identity(6))).toBeLessThan(1e-13);
    // G = Q S with S = Qᵀ G symmetric is what makes Q the polar factor.
    const s = product(transpose(x), g);
    expect(distance(s, transpose(s))).toBeLessThan(1e-13);
  });

  it('handles zero, empty, huge and non-finite input', () => {
    expect(
      newtonSchulz(
        build(2, 3, () => 0),
        { kernels },
      ).data,
    ).toEqual(new Float64Array(6));
    expect(
      newtonSchulz(
        build(0, 3, () => 0),
        { kernels },
      ).data.length,
    ).toBe(0);
    const g = random(4, 5);
    expect(distance(newtonSchulz(scaled(g, 1e300), { kernels }), newtonSchulz(g, { kernels }))).toBeLessThan(1e-13);
    expect(distance(newtonSchulz(scaled(g, 1e-300), { kernels }), newtonSchulz(g, { kernels }))).toBeLessThan(1e-13);
    expect(() => newtonSchulz(withElement(g, 0, 0, Number.NaN), { kernels })).toThrow(InputError);
    expect(() => newtonSchulz(g, { kernels, steps: -1 })).toThrow(/steps must be an integer ≥ 0, got -1/);
  });
});

describe('matrices and norms', () => {
  it('multiplies with either side transposed', () => {
    for (const kernels of kernelNames) {
      const [a, b] = [random(7, 5), random(5, 9, 2)];
      const expected = product(a, b);
      expect(distance(multiply(a, b, { kernels }), expected)).toBeLessThan(1e-15);
      expect(distance(multiply(transpose(a), b, { kernels, transposeA: true }), expected)).toBeLessThan(1e-15);
      expect(distance(multiply(a, transpose(b), { kernels, transposeB: true }), expected)).toBeLessThan(1e-15);
      expect(() => multiply(a, a, { kernels })).toThrow(/op\(A\) is 7 x 5 and op\(B\) is 7 x 5; the inner dimensions/);
    }
  });

  it('norms follow their definitions', () => {
    const a = matrixFromRows([
      [1, -2],
      [-3, 4],
      [0, 0],
    ]);
    expect([oneNorm(a), infinityNorm(a), maxNorm(a), frobeniusNorm(a)]).toEqual([6, 7, 4, Math.sqrt(30)]);
    expect([oneNorm, infinityNorm, maxNorm, frobeniusNorm].map((norm) => norm(matrix(0, 3)))).toEqual([0, 0, 0, 0]);
  });

  it('the Euclidean norm neither overflows nor underflows, and lets infinities through', () => {
    expect(euclideanNorm(Float64Array.of(3e200, 4e200)) / 5e200).toBeCloseTo(1, 14);
    expect(euclideanNorm(Float64Array.of(3e-200, 4e-200)) / 5e-200).toBeCloseTo(1, 14);
    expect(euclideanNorm(Float64Array.of(1, -Infinity))).toBe(Infinity);
    expect(euclideanNorm(Float64Array.of(1, Number.NaN))).toBeNaN();
  });

  it('makes matrices and refuses shapes that do not fit', () => {
    expect(transposeMatrix(matrixFromRows([[1, 2, 3]]))).toEqual(matrixFromRows([[1], [2], [3]]));
    expect(identityMatrix(2)).toEqual(
      matrixFromRows([
        [1, 0],
        [0, 1],
      ]),
    );
    expect(matrixFromRows([])).toEqual(matrix(0, 0));
    expect(() => matrix(2, 3, new Float64Array(5))).toThrow(/2 x 3 takes 6 elements, row by row; got 5/);
    expect(() => matrix(-1, 3)).toThrow(ShapeError);
    expect(() => matrixFromRows([[1, 2], [3]])).toThrow(/row 1 has 1 elements and row 0 has 2/);
  });
});

describe('results into a matrix that is there', () => {
  const a = build(6, 6, (i, j) => (i === j ? 9 : Math.cos(i * j)));

  it('are those of a new matrix, also over the operand', () => {
    const g = random(6, 4);
    const factors = qr(g);
    const operand = { ...a, data: a.data.slice() };
    const eigen = symmetricEigen(a, { into: matrix(6, 6) });
    expect(cholesky(operand, { into: operand })).toEqual(cholesky(a));
    expect(operand).toEqual((cholesky(a) as { factor: Matrix }).factor);
    expect(eigen).toEqual(symmetricEigen(a));
    expect(multiply(a, g, { into: matrix(6, 4, new Float64Array(24).fill(7)) })).toEqual(multiply(a, g));
    expect(orthogonalFactor(factors, { into: matrix(6, 4) })).toEqual(orthogonalFactor(factors));
    expect(qr(g, { into: g })).toEqual(factors);
    expect(g).toBe(qr(g, { into: g }).reflectors);
  });

  it('need the right shape', () => {
    const message = /The result is 6 x 6 and the matrix given as \{ into \} 6 x 5/;
    for (const routine of [cholesky, qr, symmetricEigen]) {
      expect(() => routine(a, { into: matrix(6, 5) })).toThrow(message);
    }
  });
});

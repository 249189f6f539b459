import { describe, expect, it } from 'vitest';
import {
  cholesky,
  choleskyInverse,
  identityMatrix,
  matrix,
  multiply,
  transposeMatrix,
} from '../../../src/linalg/index.js';
import { generator, ShapeError } from '../../../src/tensor/index.js';

describe('choleskyInverse', () => {
  it.each([0, 1, 5, 96, 97, 205])('is the inverse, symmetric, of order %i', (n) => {
    for (const kernels of ['wasm', 'js'] as const) {
      const random = generator(n);
      const root = matrix(
        n,
        n,
        Float64Array.from({ length: n * n }, () => random.normal()),
      );
      const a = multiply(root, transposeMatrix(root));
      for (let i = 0; i < n; i++) a.data[i * (n + 1)]! += 1;
      const result = cholesky(a);
      if (result.status !== 'ok') throw new Error('not positive definite');
      const inverse = choleskyInverse(result.factor, { kernels });
      const product = multiply(a, inverse).data;
      identityMatrix(n).data.forEach((v, i) => void expect(Math.abs(product[i]! - v)).toBeLessThan(1e-9));
      for (let i = 0; i < n; i++)
        for (let j = 0; j < i; j++) expect(inverse.data[i * n + j]).toBe(inverse.data[j * n + i]);
    }
  });

  it('refuses a factor that is not square', () => {
    expect(() => choleskyInverse(matrix(2, 3))).toThrow(ShapeError);
  });
});

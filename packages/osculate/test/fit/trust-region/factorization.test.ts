import { describe, expect, test } from 'vitest';
import { Factorization } from '../../../src/fit/trust-region/factorization.js';
import { generator } from '../../../src/tensor/index.js';
import { normals } from '../random.js';

const [m, n] = [11, 5];
const random = generator(7);
const columns = normals(random, m * n);
const residuals = normals(random, m);
const scale = normals(random, n).map((x) => 1 + x * x);
const rows = normals(random, m).map((x) => 0.5 + x * x);

/** Column j of S·J·D⁻¹. */
const column = (j: number): Float64Array =>
  Float64Array.from({ length: m }, (_, i) => (rows[i]! * columns[j * m + i]!) / scale[j]!);
const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

function factored(free: Int8Array): Factorization {
  const f = new Factorization(m, n);
  f.factor({ height: m, columns, residuals, rows }, scale, free);
  return f;
}

describe('Factorization', () => {
  test.each([[[1, 1, 1, 1, 1]], [[1, 0, 1, 1, 0]]])(
    'RᵀR is the Gram matrix of the free columns %j, Rᵀc their product with −r',
    (free) => {
      const f = factored(Int8Array.from(free));
      expect(f.k).toBe(free.filter((x) => x === 1).length);
      expect(f.rank).toBe(f.k);
      const upper = (i: number): Float64Array => Float64Array.from({ length: f.k }, (_, l) => f.upper[l * n + i]!);
      for (let i = 0; i < f.k; i++) {
        for (let j = 0; j < f.k; j++)
          expect(product(upper(i), upper(j))).toBeCloseTo(product(column(f.pivots[i]!), column(f.pivots[j]!)), 12);
        expect(product(upper(i), f.c.subarray(0, f.k))).toBeCloseTo(-product(column(f.pivots[i]!), residuals), 12);
      }
      expect(f.rest + product(f.c, f.c)).toBeCloseTo(product(residuals, residuals), 12);
    },
  );

  test('a column that repeats another costs a rank', () => {
    const twice = columns.slice();
    twice.set(columns.subarray(0, m), 3 * m);
    const f = new Factorization(m, n);
    f.factor({ height: m, columns: twice, residuals, rows: null }, scale, new Int8Array(n).fill(1));
    expect(f.rank).toBe(n - 1);
  });
});

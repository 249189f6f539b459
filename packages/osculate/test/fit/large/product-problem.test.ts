import { describe, expect, test } from 'vitest';
import { columnNorms } from '../../../src/fit/large/column-norms.js';
import { productProblem } from '../../../src/fit/large/product-problem.js';
import { constant, generator, type Tensor } from '../../../src/tensor/index.js';
import { normals } from '../random.js';

const [m, n] = [7, 4];
const weights = normals(generator(1), m * n);

/** rᵢ = sin(Σⱼ wᵢⱼ·exp(pⱼ)) + p₀². */
const traced = (p: Tensor): Tensor =>
  constant({ dtype: 'f64', shape: [m, n], data: weights })
    .mul(p.exp())
    .sum(1)
    .sin()
    .add(p.slice([0], [1]).square());
const sums = (p: ArrayLike<number>): number[] =>
  Array.from({ length: m }, (_, i) => Array.from(p).reduce((sum, x, j) => sum + weights[i * n + j]! * Math.exp(x), 0));
const slope = (p: ArrayLike<number>, i: number, j: number): number =>
  Math.cos(sums(p)[i]!) * weights[i * n + j]! * Math.exp(p[j]!) + (j === 0 ? 2 * p[0]! : 0);

describe('productProblem', () => {
  test('values and products at one point after another, by the formulas', () => {
    const problem = productProblem(traced, n);
    expect([problem.size, problem.parameters]).toEqual([m, n]);
    const random = generator(2);
    for (let round = 0; round < 3; round++) {
      const [p, v, u] = [normals(random, n), normals(random, n), normals(random, m)];
      const [r, image, preimage] = [new Float64Array(m), new Float64Array(m), new Float64Array(n)];
      problem.evaluate(p, r);
      problem.linearize(p);
      // Elsewhere in between, as a trial point is.
      problem.evaluate(v, new Float64Array(m));
      problem.apply(v, image);
      problem.applyTranspose(u, preimage);
      for (let i = 0; i < m; i++) {
        expect(r[i]).toBeCloseTo(Math.sin(sums(p)[i]!) + p[0]! ** 2, 12);
        expect(image[i]).toBeCloseTo(
          v.reduce((sum, x, j) => sum + slope(p, i, j) * x, 0),
          10,
        );
      }
      for (let j = 0; j < n; j++)
        expect(preimage[j]).toBeCloseTo(
          u.reduce((sum, x, i) => sum + slope(p, i, j) * x, 0),
          10,
        );
    }
  });

  test('linear residuals, and parameters that do not count', () => {
    const problem = productProblem((p) => p.slice([0], [2]).mul(3), 3);
    const [image, preimage] = [new Float64Array(2), new Float64Array(3)];
    problem.linearize(Float64Array.of(1, 2, 3));
    problem.apply(Float64Array.of(1, 10, 100), image);
    problem.applyTranspose(Float64Array.of(1, 10), preimage);
    expect(Array.from(image)).toEqual([3, 30]);
    expect(Array.from(preimage)).toEqual([3, 30, 0]);
  });

  test('a function is traced once for each number of parameters', () => {
    let traces = 0;
    const f = (p: Tensor): Tensor => {
      traces++;
      return p.exp();
    };
    for (const size of [2, 2, 3]) productProblem(f, size);
    expect(traces).toBe(2);
  });
});

describe('columnNorms', () => {
  /** A matrix with rows of its own and column sizes from 1 to 10⁴. */
  function products(rows: number, columns: number) {
    const a = normals(generator(8), rows * columns);
    const size = (j: number): number => 10 ** ((4 * j) / columns);
    return {
      rows,
      columns,
      exact: Array.from({ length: columns }, (_, j) =>
        Math.hypot(...Array.from({ length: rows }, (__, i) => a[i * columns + j]! * size(j))),
      ),
      apply: (v: Float64Array, out: Float64Array) => {
        for (let i = 0; i < rows; i++) out[i] = v.reduce((sum, x, j) => sum + a[i * columns + j]! * size(j) * x, 0);
      },
      applyTranspose: (u: Float64Array, out: Float64Array) => {
        for (let j = 0; j < columns; j++) out[j] = u.reduce((sum, x, i) => sum + a[i * columns + j]! * size(j) * x, 0);
      },
    };
  }

  test('exact for few columns', () => {
    const p = products(20, 10);
    const norms = new Float64Array(10);
    columnNorms(p, norms);
    norms.forEach((x, j) => {
      expect(x / p.exact[j]!).toBeCloseTo(1, 12);
    });
  });

  test('for many, squares without bias and with the stated error', () => {
    const columns = 200;
    const p = products(100, columns);
    const norms = new Float64Array(columns);
    columnNorms(p, norms);
    const ratios = Array.from(norms, (x, j) => (x / p.exact[j]!) ** 2);
    const mean = ratios.reduce((sum, x) => sum + x, 0) / columns;
    const deviation = Math.sqrt(ratios.reduce((sum, x) => sum + (x - mean) ** 2, 0) / columns);
    expect(mean).toBeCloseTo(1, 1);
    expect(deviation / Math.sqrt(2 / 16)).toBeCloseTo(1, 0);
    expect(Math.min(...ratios)).toBeGreaterThan(0.1);
  });

  test('the same at every call', () => {
    const p = products(5, 40);
    const [a, b] = [new Float64Array(40), new Float64Array(40)];
    columnNorms(p, a);
    columnNorms(p, b);
    expect(a).toEqual(b);
  });
});

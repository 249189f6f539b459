import { describe, expect, it } from 'vitest';
import { prepareGemm } from '../../src/ops/gemm.js';
import { generator } from '../../src/tensor/index.js';

const sizes = [
  [1, 7, 5],
  [1, 8, 9],
  [5, 7, 1],
  [6, 8, 1],
  [1, 1, 1],
  [2, 3, 2],
  [3, 5, 3],
  [4, 4, 2],
  [5, 6, 7],
  [9, 3, 66],
  [6, 5, 129],
  [3, 0, 2],
  [1, 0, 4],
  [0, 3, 2],
  [3, 2, 0],
] as const;

describe('prepareGemm', () => {
  it.each(sizes)('is the sum over k in order for %i × %i by %i', (m, k, n) => {
    const random = generator(m + 100 * k + 10000 * n);
    const matrix = (size: number): Float64Array => Float64Array.from({ length: size }, () => random.normal());
    const [a, b] = [matrix(3 + m * k), matrix(2 + k * n)];
    for (const transA of [false, true]) {
      for (const transB of [false, true]) {
        const c = new Float64Array(m * n + 2).fill(99);
        prepareGemm(m, k, n, transA, transB)(a, b, c, 3, 2, 1);
        const expected = Float64Array.from(c, (_, at) => {
          if (at === 0 || at === m * n + 1) return 99;
          const [i, j] = [Math.floor((at - 1) / n), (at - 1) % n];
          let sum = 0;
          for (let p = 0; p < k; p++) {
            sum += a[3 + (transA ? p * m + i : i * k + p)]! * b[2 + (transB ? j * k + p : p * n + j)]!;
          }
          return sum;
        });
        expect(c).toEqual(expected);
      }
    }
  });

  it('keeps infinities and NaN in their rows and columns', () => {
    const a = Float64Array.of(1, 2, Number.NaN, 4, 5, 6);
    const b = Float64Array.of(1, Number.POSITIVE_INFINITY, 1, 1);
    const c = new Float64Array(6);
    prepareGemm(3, 2, 2, false, false)(a, b, c, 0, 0, 0);
    expect(Array.from(c)).toEqual([3, Number.POSITIVE_INFINITY, Number.NaN, Number.NaN, 11, Number.POSITIVE_INFINITY]);
  });
});

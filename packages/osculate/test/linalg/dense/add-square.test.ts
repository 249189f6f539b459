import { describe, expect, it } from 'vitest';
import { addSquare } from '../../../src/linalg/dense/add-square.js';
import { type Matrix, matrix } from '../../../src/linalg/index.js';
import { ShapeError } from '../../../src/tensor/index.js';
import { build, distance, kernelNames, product, random, symmetric, transpose } from '../support.js';

describe.each(kernelNames)('addSquare on %s kernels', (kernels) => {
  it.each([
    [1, 1],
    [3, 7],
    [40, 9],
    [65, 130],
  ])('is the product of a %i x %i matrix and its transpose, either way', (rows, columns) => {
    const a = random(rows, columns);
    for (const transposed of [false, true]) {
      const square: Matrix = transposed ? product(transpose(a), a) : product(a, transpose(a));
      const n = square.rows;
      expect(distance(addSquare(matrix(n, n), a, { kernels, transpose: transposed }), square)).toBeLessThan(1e-14);
      const old = symmetric(n);
      const c = matrix(n, n, old.data.slice());
      const expected = build(n, n, (i, j) => 0.9 * old.data[i * n + j]! + 0.1 * square.data[i * n + j]!);
      expect(addSquare(c, a, { kernels, transpose: transposed, keep: 0.9, share: 0.1 })).toBe(c);
      expect(distance(c, expected)).toBeLessThan(1e-14);
      expect(c.data).toEqual(transpose(c).data);
    }
  });

  it('does not read the old C when nothing of it is kept', () => {
    const c = matrix(2, 2, new Float64Array(4).fill(Number.NaN));
    expect([...addSquare(c, matrix(2, 1, Float64Array.of(1, 2)), { kernels }).data]).toEqual([1, 2, 2, 4]);
  });

  it('refuses a C of another shape', () => {
    expect(() => addSquare(matrix(3, 3), matrix(2, 5), { kernels })).toThrow(ShapeError);
    expect(() => addSquare(matrix(2, 2), matrix(2, 5), { kernels, transpose: true })).toThrow('5 x 5 and C is 2 x 2');
  });
});

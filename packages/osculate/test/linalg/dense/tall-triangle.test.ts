import { describe, expect, test } from 'vitest';
import { tallTriangle } from '../../../src/linalg/dense/tall-triangle.js';
import { type KernelName, matrix, qr, upperFactor } from '../../../src/linalg/index.js';
import { generator } from '../../../src/tensor/index.js';

const random = generator(5);

function triangle(columns: readonly Float64Array[], m: number, kernels: KernelName): Float64Array {
  const n = columns.length;
  const result = new Float64Array(n * n);
  tallTriangle(
    m,
    n,
    (start, count, into, offset, stride) => {
      for (const [j, c] of columns.entries()) into.set(c.subarray(start, start + count), offset + j * stride);
    },
    result,
    { kernels },
  );
  return result;
}

const columnsOf = (m: number, n: number): Float64Array[] =>
  Array.from({ length: n }, () => Float64Array.from({ length: m }, () => random.normal()));

/** R of Householder's QR, its diagonal made positive as in `expected`. */
function householder(columns: readonly Float64Array[], m: number): Float64Array {
  const n = columns.length;
  const a = matrix(
    m,
    n,
    Float64Array.from({ length: m * n }, (_, i) => columns[i % n]![Math.floor(i / n)]!),
  );
  return upperFactor(qr(a)).data;
}

/** Rows with their signs such that the diagonal is not negative. */
function signed(r: Float64Array, n: number): Float64Array {
  return r.map((v, i) => (r[Math.floor(i / n) * (n + 1)]! < 0 ? -v : v)) as Float64Array;
}

describe.each<KernelName>(['wasm', 'js'])('tallTriangle, %s kernels', (kernels) => {
  test.each([
    [300, 1],
    [64, 2],
    [65, 3],
    [127, 4],
    [200, 5],
    [1000, 9],
    [777, 14],
    [2000, 49],
    [9, 9],
  ])('%i rows of %i columns: R of the QR factorisation', (m, n) => {
    const columns = columnsOf(m, n).map((c, j) => c.map((v) => v * 10 ** ((j % 7) - 3)) as Float64Array);
    const [ours, theirs] = [signed(triangle(columns, m, kernels), n), signed(householder(columns, m), n)];
    ours.forEach((v, i) => {
      const scale = 10 ** (((i % n) % 7) - 3) * Math.sqrt(m);
      if (i % n >= Math.floor(i / n)) expect(Math.abs(v - theirs[i]!) / scale).toBeLessThan(1e-13);
    });
  });

  test('columns that nearly agree: RᵀR keeps the small singular direction, unlike JᵀJ', () => {
    const [m, n] = [500, 6];
    const columns = columnsOf(m, n);
    columns[5] = columns[0]!.map((v, i) => v + 1e-11 * columns[5]![i]!) as Float64Array;
    const [ours, theirs] = [signed(triangle(columns, m, kernels), n), signed(householder(columns, m), n)];
    expect(Math.abs(ours[35]!)).toBeGreaterThan(1e-10);
    expect(Math.abs(ours[35]! / theirs[35]! - 1)).toBeLessThan(1e-3);
  });

  test('zero columns, equal columns and zero rows', () => {
    const m = 130;
    const a = columnsOf(m, 1)[0]!;
    const b = Float64Array.from(a, (v, i) => (i > 90 ? v : 0));
    const columns = [
      a,
      new Float64Array(m),
      a.slice(),
      b,
      new Float64Array(m),
      b.slice(),
      a.map((v) => 2 * v) as Float64Array,
    ];
    const r = triangle(columns, m, kernels);
    const inner = (i: number, j: number): number =>
      r.reduce((s, _, l) => (l < 7 ? s + r[l * 7 + i]! * r[l * 7 + j]! : s), 0);
    columns.forEach((x, i) => {
      columns.forEach((y, j) => {
        expect(inner(i, j)).toBeCloseTo(
          x.reduce((s, v, l) => s + v * y[l]!, 0),
          11,
        );
      });
    });
  });

  test('columns that nearly vanish in whole blocks of rows, as far from a Gaussian peak, keep their norms', () => {
    const m = 1000;
    const bell = (centre: number) => Float64Array.from({ length: m }, (_, i) => Math.exp(-(((i - centre) / 10) ** 2)));
    const columns = [bell(950), bell(940), bell(500), bell(-300), bell(0)];
    const r = triangle(columns, m, kernels);
    expect(r.every(Number.isFinite)).toBe(true);
    columns.forEach((column, j) => {
      const square = [0, 1, 2, 3, 4].reduce((s, i) => s + r[i * 5 + j]! ** 2, 0);
      const expected = column.reduce((s, v) => s + v * v, 0);
      expect(Math.abs(square - expected)).toBeLessThanOrEqual(1e-13 * expected + 1e-300);
    });
  });
});

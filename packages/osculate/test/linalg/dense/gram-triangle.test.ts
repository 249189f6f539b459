import { describe, expect, test } from 'vitest';
import { gramTriangle } from '../../../src/linalg/dense/gram-triangle.js';
import { type KernelName, matrix, qr, upperFactor } from '../../../src/linalg/index.js';
import { generator } from '../../../src/tensor/index.js';

const random = generator(7);
const columnOf = (m: number): Float64Array => Float64Array.from({ length: m }, () => random.normal());
const columnsOf = (m: number, n: number): Float64Array[] => Array.from({ length: n }, () => columnOf(m));

/** The factor of the columns, the last of which is b; null where it is refused. */
function factor(columns: readonly Float64Array[], most: number, kernels: KernelName): Float64Array | null {
  const [m, width] = [columns[0]!.length, columns.length];
  const result = new Float64Array(width * width).fill(Number.NaN);
  const read = (start: number, count: number, into: Float64Array, offset: number, stride: number): void => {
    for (const [j, c] of columns.entries()) into.set(c.subarray(start, start + count), offset + j * stride);
  };
  return gramTriangle(m, width - 1, read, most, result, { kernels }) ? result : null;
}

/** R of Householder's QR with a diagonal that is not negative. */
function householder(columns: readonly Float64Array[]): Float64Array {
  const [m, n] = [columns[0]!.length, columns.length];
  const elements = Float64Array.from({ length: m * n }, (_, i) => columns[i % n]![Math.floor(i / n)]!);
  const { data } = upperFactor(qr(matrix(m, n, elements)));
  return data.map((v, i) => (data[Math.floor(i / n) * (n + 1)]! < 0 ? -v : v)) as Float64Array;
}

/** e₀ and cos·e₀ + sin·e₁, each repeated in blocks of rows, with a third column as b. */
function pair(sine: number, scale: number): Float64Array[] {
  const m = 400;
  const a = Float64Array.from({ length: m }, (_, i) => (i % 2 === 0 ? 1 : 0));
  const b = Float64Array.from({ length: m }, (_, i) => (i % 2 === 0 ? Math.sqrt(1 - sine * sine) : sine) * scale);
  return [a, b, columnOf(m)];
}

describe.each<KernelName>(['wasm', 'js'])('gramTriangle, %s kernels', (kernels) => {
  test.each([
    [300, 1],
    [64, 2],
    [65, 3],
    [127, 4],
    [200, 5],
    [1000, 9],
    [777, 14],
    [2000, 48],
    [1500, 51],
  ])('%i rows of %i columns and b: R of the QR factorisation', (m, n) => {
    const columns = columnsOf(m, n + 1).map((c, j) => c.map((v) => v * 10 ** (5 * (j % 7) - 15)) as Float64Array);
    const [ours, theirs] = [factor(columns, 100, kernels)!, householder(columns)];
    ours.forEach((v, i) => {
      const [row, column] = [Math.floor(i / (n + 1)), i % (n + 1)];
      const scale = 10 ** (5 * (column % 7) - 15) * Math.sqrt(m);
      if (row > column) expect(v).toBe(0);
      else expect(Math.abs(v - theirs[i]!) / scale).toBeLessThan(1e-13);
    });
  });

  test('is accepted up to the given norm of the inverse: √2/sine for two columns, whatever their lengths', () => {
    for (const sine of [0.5, 1e-2, 1e-4]) {
      const norm = Math.SQRT2 / sine;
      for (const scale of [1, 1e30, 1e-30]) {
        expect(factor(pair(sine, scale), 1.001 * norm, kernels)).not.toBeNull();
        expect(factor(pair(sine, scale), 0.999 * norm, kernels)).toBeNull();
      }
    }
  });

  test('of a b at right angles to the columns, Qᵀb vanishes to the rounding of b times that norm, not its square', () => {
    const sine = 1e-4;
    const [first, second, b] = pair(sine, 1) as [Float64Array, Float64Array, Float64Array];
    const mean = (parity: number): number => b.filter((_, i) => i % 2 === parity).reduce((t, v) => t + v) / 200;
    const means = [mean(0), mean(1)];
    for (let i = 0; i < b.length; i++) b[i]! -= means[i % 2]!;
    const ours = factor([first, second, b], 1e5, kernels)!;
    const size = Math.sqrt(b.reduce((s, v) => s + v * v, 0));
    expect(Math.hypot(ours[2]!, ours[5]!) / size).toBeGreaterThan(0);
    expect(Math.hypot(ours[2]!, ours[5]!) / size).toBeLessThan(1e-15 / sine);
  });

  test('b among what the columns span: nothing is left of it', () => {
    const columns = columnsOf(500, 4);
    columns.push(columns[0]!.map((v, i) => 2 * v - columns[3]![i]!) as Float64Array);
    const r = factor(columns, 100, kernels)!;
    expect([0, 1, 2, 3].map((i) => r[i * 5 + 4]!)).toEqual(
      [0, 1, 2, 3].map((i) => expect.closeTo(2 * r[i * 5]! - r[i * 5 + 3]!, 11)),
    );
    expect(r[24]).toBeLessThan(1e-6);
    expect(factor([...columns.slice(0, 4), new Float64Array(500)], 100, kernels)!.slice(20)).toEqual(
      new Float64Array(5),
    );
  });

  test.each<[string, (columns: Float64Array[]) => void]>([
    ['equal columns', (c) => c[2]!.set(c[0]!)],
    ['a zero column', (c) => c[1]!.fill(0)],
    ['a column whose squares underflow', (c) => c[1]!.set(c[1]!.map((v) => v * 1e-160))],
    ['a column whose squares overflow', (c) => c[1]!.set(c[1]!.map((v) => v * 1e160))],
    ['NaN in a column', (c) => c[1]!.fill(Number.NaN, 7, 8)],
    ['NaN in b', (c) => c[3]!.fill(Number.NaN, 7, 8)],
    ['∞ in b', (c) => c[3]!.fill(Number.POSITIVE_INFINITY, 7, 8)],
  ])('is refused: %s', (_, spoil) => {
    const columns = columnsOf(200, 4);
    expect(factor(columns, 100, kernels)).not.toBeNull();
    spoil(columns);
    expect(factor(columns, 100, kernels)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { singularValues, svd } from '../../../src/linalg/index.js';
import { InputError } from '../../../src/tensor/index.js';
import {
  at,
  build,
  diagonal,
  distance,
  hilbert,
  identity,
  kernelNames,
  nonFiniteValues,
  orthogonal,
  orthogonalityError,
  product,
  random,
  scaled,
  spread,
  transpose,
  withElement,
} from '../support.js';

const cases = [
  { name: '0 x 0', a: identity(0) },
  { name: '4 x 0', a: build(4, 0, () => 0) },
  { name: '1 x 1', a: build(1, 1, () => -3) },
  { name: 'tall', a: random(60, 17) },
  { name: 'wide', a: random(17, 60) },
  { name: 'square', a: random(50, 50) },
  { name: 'zero', a: build(5, 3, () => 0) },
  { name: 'of rank 1', a: build(30, 20, (i, j) => (i + 1) * (j - 3)) },
  { name: 'with a zero column', a: build(9, 4, (i, j) => (j === 1 ? 0 : Math.sin(i + 5 * j))) },
  { name: 'orthogonal', a: orthogonal(30) },
  { name: 'Hilbert', a: hilbert(20) },
  { name: 'with columns that underflow', a: build(20, 5, (i, j) => at(random(20, 5), i, j) * 10 ** (-75 * j)) },
  { name: 'scaled by 1e300', a: scaled(random(20, 15), 1e300) },
  { name: 'scaled by 1e-300', a: scaled(random(20, 15), 1e-300) },
];

describe.each(kernelNames)('svd on %s kernels', (kernels) => {
  it.each(cases)('reproduces $name', ({ a }) => {
    const { left, values, right } = svd(a, { kernels });
    const r = Math.min(a.rows, a.columns);
    expect([left.rows, left.columns, right.rows, right.columns]).toEqual([a.rows, r, a.columns, r]);
    expect(distance(product(product(left, diagonal(values)), transpose(right)), a)).toBeLessThan(1e-14);
    expect(orthogonalityError(left)).toBeLessThan(1e-13);
    expect(orthogonalityError(right)).toBeLessThan(1e-13);
    for (let i = 0; i < r; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i + 1] ?? 0);
  });

  it('finds prescribed singular values', () => {
    const values = spread(40, 12);
    const a = product(
      product(
        orthogonal(60, 1),
        build(60, 40, (i, j) => (i === j ? values[i]! : 0)),
      ),
      orthogonal(40, 2),
    );
    const errors = singularValues(a, { kernels }).map((value, i) => Math.abs(value - values[i]!));
    expect(Math.max(...errors)).toBeLessThan(2e-15);
  });

  it('is accurate relative to each singular value when only the columns are badly scaled', () => {
    const well = random(30, 10);
    const scales = [1, 1e-30, 1e-60, 1e-50, 1e-90, 1e-10, 1e-40, 1e-70, 1e-20, 1e-80];
    const a = build(30, 10, (i, j) => at(well, i, j) * scales[j]!);
    const sorted = [...scales].sort((x, y) => y - x);
    // With scales this far apart the singular values are those of successive projections: R's diagonal in order of scale.
    const order = scales.map((_, j) => j).sort((i, j) => scales[j]! - scales[i]!);
    const columns = order.map((j) => Float64Array.from({ length: 30 }, (_, i) => at(well, i, j)));
    const expected = columns.map((v, k) => {
      const w = v.slice();
      for (let pass = 0; pass < 2; pass++) {
        for (const u of columns.slice(0, k)) {
          const along =
            u.reduce((sum, value, i) => sum + value * w[i]!, 0) / u.reduce((sum, value) => sum + value * value, 0);
          for (let i = 0; i < 30; i++) w[i]! -= along * u[i]!;
        }
      }
      columns[k] = w;
      return Math.hypot(...w) * sorted[k]!;
    });
    const values = singularValues(a, { kernels });
    values.forEach((value, i) => {
      expect(Math.abs(value / expected[i]! - 1)).toBeLessThan(1e-10);
    });
  });

  it('knows the 3 x 3 Hilbert matrix', () => {
    const expected = Float64Array.of(1.408318927123654, 0.12232706585390581, 0.002687340355773522);
    expect(distance(singularValues(hilbert(3), { kernels }), expected)).toBeLessThan(1e-15);
  });

  it('refuses what is not finite', () => {
    for (const value of nonFiniteValues) {
      expect(() => svd(withElement(random(3, 5), 1, 4, value), { kernels })).toThrow(InputError);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { combine, type LongVector, partsAlong, takeOut } from '../../../src/linalg/krylov/long-vectors.js';
import { generator } from '../../../src/tensor/index.js';

const random = generator(3);
/** Longer than what is worked on at once, and no multiple of anything. */
const n = 9001;

const precisions = [
  ['double', Float64Array, 1e-15],
  ['single', Float32Array, 2 ** -24],
] as const;

describe.each(precisions)('long vectors in %s precision', (_, type, rounding) => {
  const draw = (length = n): LongVector => new type(Float64Array.from({ length }, () => random.normal()));
  const inner = (a: LongVector, b: LongVector): number => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
    return sum;
  };

  /** The largest error, as a share of what one rounding allows. */
  const worst = (actual: LongVector, expected: Float64Array): number =>
    expected.reduce((most, x, j) => Math.max(most, Math.abs(actual[j]! - x) / (rounding * Math.abs(x) + 1e-14)), 0);

  it.each([0, 1, 4, 7])('parts along %i vectors, summed in double precision', (count) => {
    const vectors = Array.from({ length: count }, () => draw());
    const w = draw();
    const parts = partsAlong(vectors, w);
    expect(parts.length).toBe(count);
    for (const [i, part] of parts.entries()) expect(Math.abs(part - inner(vectors[i]!, w))).toBeLessThan(1e-10);
  });

  it.each([0, 1, 5, 8])('takes the parts along %i vectors out, rounding each element once', (count) => {
    const vectors = Array.from({ length: count }, () => draw());
    const w = draw();
    const parts = Float64Array.from({ length: count }, () => random.normal());
    const expected = Float64Array.from(w, (x, j) => vectors.reduce((sum, v, i) => sum - parts[i]! * v[j]!, x));
    const square = takeOut(vectors, parts, w);
    expect(worst(w, expected)).toBeLessThan(1);
    expect(Math.abs(square - inner(w, w))).toBeLessThan(1e-12 * square);
  });

  it.each([5, n])('combines vectors of %i elements in place', (length) => {
    const vectors = Array.from({ length: 6 }, () => draw(length));
    const before = vectors.map((v) => v.slice());
    const coefficients = Array.from({ length: 4 }, () => Float64Array.from({ length: 6 }, () => random.normal()));
    combine(vectors, coefficients, vectors.slice(0, 4));
    for (const [k, c] of coefficients.entries()) {
      const expected = Float64Array.from({ length }, (_, j) => before.reduce((sum, v, i) => sum + c[i]! * v[j]!, 0));
      expect(worst(vectors[k]!, expected)).toBeLessThan(1);
    }
    expect(vectors.slice(4)).toEqual(before.slice(4));
  });
});

import { expect, test } from 'vitest';
import { dot, dotAt } from '../../../src/linalg/vectors.js';
import { generator } from '../../../src/tensor/index.js';

test('sums of products of whole vectors and of parts, of any length', () => {
  const draw = generator(3);
  const [a, b] = [0, 1].map(() => Float64Array.from({ length: 20 }, () => draw.normal())) as [
    Float64Array,
    Float64Array,
  ];
  for (let length = 0; length < 12; length++) {
    const expected = Array.from({ length }, (_, i) => a[3 + i]! * b[5 + i]!).reduce((sum, x) => sum + x, 0);
    expect(dotAt(a, 3, b, 5, length)).toBeCloseTo(expected, 13);
    expect(dot(a.subarray(3, 3 + length), b.subarray(5, 5 + length))).toBeCloseTo(expected, 13);
  }
});

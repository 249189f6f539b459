import { describe, expect, it } from 'vitest';
import { norm } from '../../src/linalg/vectors.js';

describe('norm', () => {
  it.each([1, 1e-200, 1e-160, 1e-135, 1e150, 1e200, 5e-324 / 4e-17])(
    'of (3, 4) times %d, whose squares may not be numbers',
    (scale) => {
      expect(norm([3 * scale, 4 * scale]) / scale).toBeCloseTo(5, 12);
    },
  );

  it('of what is empty, zero or not finite', () => {
    expect(norm([])).toBe(0);
    expect(norm([0, -0])).toBe(0);
    expect(norm([1, Number.NEGATIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
    expect(norm([1, Number.NaN])).toBeNaN();
    expect(norm(Float32Array.of(3e38, 3e38))).toBeCloseTo(Math.fround(3e38) * Math.SQRT2, -30);
  });
});

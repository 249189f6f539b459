import { expect, it, test } from 'vitest';
import { solvePositive } from '../../../src/linalg/dense/small-cholesky.js';
import { generator } from '../../../src/tensor/index.js';
import { denseSolve, relativeError } from '../../objective/support.js';

test.each([1, 2, 5, 9])('solves a system of %d equations, of which it reads the lower triangle', (n) => {
  const draw = generator(n);
  const factor = Float64Array.from({ length: n * n }, () => draw.normal());
  const a = Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? 1 : 0;
    for (let l = 0; l < n; l++) sum += factor[i * n + l]! * factor[j * n + l]!;
    return sum;
  });
  const b = Array.from({ length: n }, () => draw.normal());
  const lower = Float64Array.from(a, (x, at) => (at % n > Math.floor(at / n) ? Number.NaN : x));
  const x = Float64Array.from(b);
  expect(solvePositive(n, lower, x)).toBe(true);
  expect(relativeError(x, denseSolve(a, b))).toBeLessThan(1e-12);
});

it('refuses what is not positive definite, or not finite', () => {
  for (const a of [[0], [1, 0, 2, 4], [Number.NaN], [Number.POSITIVE_INFINITY]]) {
    const n = Math.sqrt(a.length);
    expect(solvePositive(n, Float64Array.from(a), new Float64Array(n).fill(1))).toBe(false);
  }
});

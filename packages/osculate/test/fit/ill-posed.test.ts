import { describe, expect, test } from 'vitest';
import { type LeastSquaresResult, leastSquares } from '../../src/fit/index.js';
import { type Generator, generator } from '../../src/tensor/index.js';
import { normals } from './random.js';

type Residuals = (p: Float64Array) => Float64Array;

/** Kinds of trouble, each with residuals from a generator and n. */
const troubles: Readonly<Record<string, (random: Generator, n: number) => Residuals>> = {
  'rank-deficient': (random, n) => {
    const [u, v] = [normals(random, 12), normals(random, n)];
    return (p) => u.map((x) => Math.tanh(x * p.reduce((s, q, j) => s + q * v[j]!, 0)) - x * x);
  },
  'not finite in places': (random, n) => {
    const u = normals(random, 10);
    return (p) => u.map((x, i) => Math.log(p[i % n]! * x * x + 0.1) + Math.sqrt(p[(i + 1) % n]!) - x);
  },
  'wrong scales': (random, n) => {
    const [u, scales] = [normals(random, 15), normals(random, n).map((x) => 10 ** (12 * Math.tanh(2 * x)))];
    return (p) =>
      u.map((x, i) => Math.exp(-x * x * p[i % n]! * scales[i % n]!) + scales[(i + 1) % n]! * p[(i + 1) % n]! - x);
  },
  collinear: (random) => {
    const u = normals(random, 20);
    return (p) => u.map((x) => p.reduce((s, q, j) => s + q * x * (1 + 1e-14 * j), 0) - x ** 3);
  },
  'fewer residuals than parameters': (random, n) => {
    const u = normals(random, Math.max(1, n - 2));
    return (p) => u.map((x, i) => p.reduce((s, q, j) => s + q * q * Math.cos(i + j), 0) - x);
  },
  'no influence': (random) => {
    const u = normals(random, 6);
    return (p) => u.map((x) => x + 0 * p[0]!);
  },
  overflow: (random, n) => {
    const u = normals(random, 8);
    return (p) => u.map((x, i) => Math.exp(Math.exp(p[i % n]! * x * 3)) - x);
  },
  'no minimum': (random, n) => {
    const u = normals(random, 8);
    return (p) => u.map((x, i) => Math.exp(-p[i % n]! * x * x) * (1 + (i % n)));
  },
  discontinuous: (random, n) => {
    const u = normals(random, 9);
    return (p) => u.map((x, i) => Math.floor(4 * p[i % n]!) + x);
  },
  'not differentiable': (random, n) => {
    const u = normals(random, 9);
    return (p) => u.map((x, i) => Math.sqrt(Math.abs(p[i % n]! - x)));
  },
};

function check(result: LeastSquaresResult, limit: number): void {
  expect(result.status).toMatch(/^(converged-.*|relative-offset|singular|stalled|max-evaluations|non-finite-start)$/);
  expect(result.message.length).toBeGreaterThan(20);
  expect(result.parameters.every(Number.isFinite)).toBe(true);
  if (result.status !== 'non-finite-start') {
    expect(Number.isFinite(result.cost)).toBe(true);
    expect(result.residuals.every(Number.isFinite)).toBe(true);
    expect(result.jacobian.every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(result.gradientNorm)).toBe(true);
  }
  expect(result.evaluations.residuals).toBeLessThan(limit);
}

describe('200 badly posed problems end with a status, and finite numbers', () => {
  test.each(Object.entries(troubles))('%s', (_, make) => {
    for (let seed = 0; seed < 20; seed++) {
      const random = generator(1000 + seed);
      const n = 1 + (seed % 5);
      const residuals = make(random, n);
      const start = normals(random, n).map((x) => (seed % 3 === 0 ? x * 10 ** (4 * Math.tanh(x)) : x));
      const loss = seed % 4 === 3 ? 'cauchy' : 'linear';
      const result = leastSquares({ residuals }, start, { loss, maxEvaluations: 800 });
      // Two runs of 800 points, a few of the polish, and at each of them a Jacobian by differences at most.
      check(result, (2 * 800 + 10) * (1 + 2 * n));
      if (result.status !== 'non-finite-start') {
        const atStart = residuals(start).reduce((s, r) => s + r * r, 0) / 2;
        if (loss === 'linear') expect(result.cost).toBeLessThanOrEqual(atStart * (1 + 1e-12));
      }
    }
  });
});

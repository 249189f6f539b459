import { describe, expect, test } from 'vitest';
import { leastSquares } from '../../src/fit/index.js';
import { constant, generator, ndarray, type Tensor } from '../../src/tensor/index.js';
import { normals } from './random.js';

/** A problem whose solution satisfies the KKT conditions by construction. */
interface Planted {
  readonly residuals: (p: Tensor) => Tensor;
  readonly numeric: (p: Float64Array) => Float64Array;
  readonly solution: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** −1, 0, 1 by parameter. */
  readonly active: number[];
  readonly start: Float64Array;
}

/** Solves the normal equations of AᵀA·z = g by Gaussian elimination. */
function solveNormal(a: Float64Array, m: number, n: number, g: Float64Array): Float64Array {
  const rows = Array.from({ length: n }, (_, j) => {
    const row = Array.from({ length: n }, (_, k) => {
      let sum = 0;
      for (let i = 0; i < m; i++) sum += a[i * n + j]! * a[i * n + k]!;
      return sum;
    });
    return [...row, g[j]!];
  });
  for (let j = 0; j < n; j++) {
    for (let l = 0; l < n; l++) {
      if (l === j) continue;
      const factor = rows[l]![j]! / rows[j]![j]!;
      rows[l] = rows[l]!.map((x, k) => x - factor * rows[j]![k]!);
    }
  }
  return Float64Array.from(rows, (row, j) => row[n]! / row[j]!);
}

/**
 * r(p) = r* + A(p − p*) + c∘(A(p − p*))², with Aᵀr* = g*, where g* points out of the box at planted bounds and is zero elsewhere: p* is a
 * strict local minimum, since c is small.
 */
function planted(seed: number): Planted {
  const random = generator(seed);
  const normal = (count: number): Float64Array => normals(random, count);
  const n = 2 + (seed % 6);
  const m = 3 * n + 2;
  const a = normal(m * n);
  const solution = normal(n).map((x) => 3 * x);
  const active: number[] = Array.from(normal(n), (x) => (x > 0.5 ? 1 : x < -0.5 ? -1 : 0));
  if (!active.some((side) => side !== 0)) active[0] = 1;
  const g = normal(n).map((x, j) => -active[j]! * (0.3 + Math.abs(x)));
  const z = solveNormal(a, m, n, g);
  const target = Float64Array.from({ length: m }, (_, i) => z.reduce((sum, x, j) => sum + a[i * n + j]! * x, 0));
  const bend = normal(m).map((x) => 0.02 * Math.tanh(x));
  const lower = solution.map((x, j) => (active[j] === -1 ? x : x - 5));
  const upper = solution.map((x, j) => (active[j] === 1 ? x : x + 5));
  const start = normal(n).map((x, j) => Math.min(Math.max(solution[j]! + x, lower[j]!), upper[j]!));
  const tensor = (data: Float64Array, shape: number[]): Tensor => constant(ndarray('f64', data, shape));
  return {
    solution,
    lower,
    upper,
    active,
    start,
    residuals: (p) => {
      const moved = tensor(a, [m, n])
        .matmul(p.sub(tensor(solution, [n])).reshape([n, 1]))
        .reshape([m]);
      return tensor(target, [m])
        .add(moved)
        .add(tensor(bend, [m]).mul(moved).mul(moved));
    },
    numeric: (p) =>
      target.map((t, i) => {
        const moved = p.reduce((sum, x, j) => sum + a[i * n + j]! * (x - solution[j]!), 0);
        return t + moved + bend[i]! * moved * moved;
      }),
  };
}

/** Largest violation of the KKT conditions: gradient of free parameters, wrong sign at active ones, leaving the box. */
function violation(
  jacobian: Float64Array,
  residuals: Float64Array,
  p: Float64Array,
  { lower, upper }: Planted,
): number {
  const n = p.length;
  let worst = 0;
  for (let j = 0; j < n; j++) {
    const g = residuals.reduce((sum, r, i) => sum + jacobian[i * n + j]! * r, 0);
    worst = Math.max(worst, lower[j]! - p[j]!, p[j]! - upper[j]!);
    const outward = p[j] === lower[j] ? Math.max(0, -g) : p[j] === upper[j] ? Math.max(0, g) : Math.abs(g);
    worst = Math.max(worst, outward);
  }
  return worst;
}

describe('bounds', () => {
  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    'planted active set %i: KKT conditions hold to 1e-8',
    (seed) => {
      const problem = planted(seed);
      const { residuals, solution, active, start, lower, upper } = problem;
      const result = leastSquares(residuals, start, { bounds: { lower, upper } });
      expect(Array.from(result.activeBounds)).toEqual(active);
      expect(violation(result.jacobian, result.residuals, result.parameters, problem)).toBeLessThan(1e-8);
      for (const [j, p] of result.parameters.entries()) expect(p).toBeCloseTo(solution[j]!, 7);
      expect(result.warnings).toHaveLength(active.filter((side) => side !== 0).length);
    },
  );

  test('a function of plain numbers is never called outside the box', () => {
    const problem = planted(4);
    const { solution, start, lower, upper } = problem;
    const residuals = (p: Float64Array): Float64Array => {
      p.forEach((x, j) => {
        expect(x).toBeGreaterThanOrEqual(lower[j]!);
        expect(x).toBeLessThanOrEqual(upper[j]!);
      });
      return problem.numeric(p);
    };
    const result = leastSquares({ residuals }, start, { bounds: { lower, upper } });
    for (const [j, p] of result.parameters.entries()) expect(p).toBeCloseTo(solution[j]!, 6);
  });

  test('equal bounds fix a parameter, without a warning', () => {
    const rosenbrock = (p: Float64Array): number[] => [10 * (p[1]! - p[0]! * p[0]!), 1 - p[0]!];
    const result = leastSquares({ residuals: rosenbrock }, [0.5, 0], {
      bounds: { lower: [-9, 0.25], upper: [9, 0.25] },
    });
    // 200x³ − 50x + x − 1 = 0, the derivative of 50(0.25 − x²)² + ½(1 − x)², from the start's side.
    const x = result.parameters[0]!;
    expect(result.parameters[1]).toBe(0.25);
    expect(200 * x ** 3 - 49 * x - 1).toBeCloseTo(0, 6);
    expect(result.warnings).toEqual([]);
    expect(result.rank).toBe(1);
  });

  test('a start outside the box is moved into it', () => {
    const result = leastSquares({ residuals: ([x]) => [x! - 3] }, [10], { bounds: { lower: [0], upper: [2] } });
    expect(result.parameters[0]).toBe(2);
    expect(result.activeBounds[0]).toBe(1);
    expect(result.warnings).toEqual([
      'b1 started at 10, outside its bounds, and was moved to 2',
      'b1 is at its upper bound 2',
    ]);
  });

  test('crossed bounds and wrong numbers of bounds are refused', () => {
    const f = { residuals: (p: Float64Array) => [p[0]!] };
    expect(() => leastSquares(f, [1], { bounds: { lower: [2], upper: [1] } })).toThrow(/bounds of b1 are \[2, 1\]/);
    expect(() => leastSquares(f, [1], { bounds: { lower: [0, 0] } })).toThrow(/2 lower bounds for 1 parameters/);
  });
});

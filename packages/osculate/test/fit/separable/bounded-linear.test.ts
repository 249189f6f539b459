import { describe, expect, test } from 'vitest';
import { Box } from '../../../src/fit/bounds.js';
import { boundedLinear } from '../../../src/fit/separable/bounded-linear.js';
import { matrix, solveLeastSquares } from '../../../src/linalg/index.js';
import { generator } from '../../../src/tensor/index.js';
import { normals } from '../random.js';

type Columns = readonly Float64Array[];

function costOf(columns: Columns, b: Float64Array, x: ArrayLike<number>): number {
  return b.reduce((sum, v, i) => sum + (columns.reduce((s, a, j) => s + a[i]! * x[j]!, 0) - v) ** 2, 0);
}

/** The least cost over all 3ᵖ choices of which variables are free, at the lower or at the upper bound. */
function exhaustive(columns: Columns, b: Float64Array, box: Box): number {
  const p = columns.length;
  let best = Number.POSITIVE_INFINITY;
  for (let code = 0; code < 3 ** p; code++) {
    const side = Array.from({ length: p }, (_, j) => Math.floor(code / 3 ** j) % 3);
    const x = Float64Array.from(side, (s, j) => (s === 1 ? box.lower[j]! : s === 2 ? box.upper[j]! : 0));
    if (!x.every(Number.isFinite)) continue;
    const free = side.flatMap((s, j) => (s === 0 ? [j] : []));
    if (free.length > 0) {
      const right = b.map((v, i) => v - columns.reduce((s, a, j) => s + a[i]! * x[j]!, 0)) as Float64Array;
      const a = matrix(
        b.length,
        free.length,
        Float64Array.from(
          { length: b.length * free.length },
          (_, i) => columns[free[i % free.length]!]![Math.floor(i / free.length)]!,
        ),
      );
      solveLeastSquares(a, right).solution.forEach((v, l) => {
        x[free[l]!] = v;
      });
    }
    if (x.every((v, j) => v >= box.lower[j]! - 1e-12 && v <= box.upper[j]! + 1e-12))
      best = Math.min(best, costOf(columns, b, x));
  }
  return best;
}

describe('boundedLinear', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))('is the best of all active sets, problem %i', (seed) => {
    const random = generator(seed);
    const p = 1 + random.integer(5);
    const m = p + random.integer(6);
    const columns = Array.from({ length: p }, () =>
      normals(random, m).map((v) => v * 10 ** (4 * random.uniform() - 2)),
    );
    // Every third problem has two columns that nearly agree.
    if (seed % 3 === 0 && p > 1) columns[1] = columns[0]!.map((v, i) => v + (i === 0 ? 1e-3 * v : 0));
    const b = normals(random, m).map((v) => 3 * v);
    const lower = Array.from({ length: p }, () =>
      random.uniform() < 0.3 ? Number.NEGATIVE_INFINITY : -random.uniform(),
    );
    const upper = lower.map((l) =>
      random.uniform() < 0.3 ? Number.POSITIVE_INFINITY : (Number.isFinite(l) ? l : -1) + random.uniform(),
    );
    const names = columns.map((_, j) => `c${j}`);
    const box = new Box({ lower, upper }, names);
    const { solution, sides } = boundedLinear(columns, b, box);
    const best = exhaustive(columns, b, box);
    expect(costOf(columns, b, solution)).toBeLessThanOrEqual(best * (1 + 1e-10) + 1e-20);
    solution.forEach((v, j) => {
      expect(v).toBeGreaterThanOrEqual(lower[j]!);
      expect(v).toBeLessThanOrEqual(upper[j]!);
      if (sides[j] !== 0) expect(v).toBe(sides[j]! < 0 ? lower[j] : upper[j]);
    });
  });

  test('columns that agree, and one of zeros', () => {
    const a = Float64Array.of(1, 2, 3);
    const box = new Box({ lower: [0, 0, 0], upper: [0.25, 5, 1] }, ['a', 'b', 'c']);
    const { solution } = boundedLinear([a, a.slice(), new Float64Array(3)], Float64Array.of(2, 4, 6), box);
    expect(solution[0]! + solution[1]!).toBeCloseTo(2, 13);
  });
});

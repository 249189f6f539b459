import { describe, expect, test } from 'vitest';
import { Box } from '../../../src/fit/bounds.js';
import { curveFit, variableProjection } from '../../../src/fit/index.js';
import { ColumnSpace } from '../../../src/fit/separable/column-space.js';
import { GramRange } from '../../../src/fit/separable/gram-range.js';
import { generator, type Tensor } from '../../../src/tensor/index.js';
import { normals } from '../random.js';

const random = generator(3);
const [m, p, q] = [900, 7, 4];
const some = (count: number): Float64Array[] => Array.from({ length: count }, () => normals(random, m) as Float64Array);
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));
const names = Array.from({ length: p }, (_, j) => `c${j}`);
const open = new Box({}, names);

/** Columns of unequal lengths, the last nearly the first: the condition is some 200. */
function basis(): Float64Array[] {
  const columns = some(p);
  columns[p - 1] = columns[0]!.map((v, i) => v + 0.01 * columns[p - 1]![i]!) as Float64Array;
  return columns.map((c, j) => c.map((v) => v * 10 ** (2 * j - 6)) as Float64Array);
}

describe('GramRange', () => {
  test('the rest of a solution is at right angles to the columns, to the last bits', () => {
    const columns = basis();
    // Nearly all of b lies in the range, so that what is left of it has few digits to lose.
    const b = some(1)[0]!.map((v, i) => 1e-6 * v + columns.reduce((s, c, j) => s + c[i]! * 10 ** (6 - 2 * j), 0));
    const given = b as Float64Array;
    const { solution, sides } = GramRange.of(columns, given)!.solve(given, open);
    expect(Array.from(sides)).toEqual(new Array(p).fill(0));
    const rest = given.map((v, i) => v - columns.reduce((s, c, j) => s + c[i]! * solution[j]!, 0)) as Float64Array;
    for (const c of columns) expect(Math.abs(dot(c, rest)) / norm(c) / norm(given)).toBeLessThan(1e-15);
  });

  test('inside a box it ends where the factorisation does', () => {
    const columns = some(p);
    const b = some(1)[0]!;
    const free = GramRange.of(columns, b)!.solve(b, open).solution;
    const upper = Array.from(free, (v, j) => (j % 3 === 0 ? v - 0.01 : 9));
    const box = new Box({ upper }, names);
    const [ours, theirs] = [GramRange.of(columns, b)!.solve(b, box), new ColumnSpace(columns, m).solve(b, box)];
    expect(ours.sides).toEqual(theirs.sides);
    expect(ours.sides).toContain(1);
    ours.solution.forEach((v, j) => {
      expect(v).toBeCloseTo(theirs.solution[j]!, 12);
    });
  });

  test.each([true, false])('a projection u of v has Φᵀu = −z and leaves v − u in the range, with z: %s', (given) => {
    const columns = basis();
    const b = some(1)[0]!;
    const range = GramRange.of(columns, b)!;
    const v = some(q);
    const z = given ? v.map(() => Float64Array.from(columns, (c) => norm(c) * random.normal())) : null;
    const projected = range.project(v, z);
    const exact = new ColumnSpace(columns, m);
    projected.forEach((u, l) => {
      const size = norm(u);
      columns.forEach((c, j) => {
        expect(Math.abs(dot(c, u) + (z?.[l]?.[j] ?? 0)) / norm(c) / size).toBeLessThan(1e-11);
      });
      const inside = v[l]!.map((value, i) => value - u[i]!) as Float64Array;
      const { solution } = exact.solve(inside, open);
      const outside = inside.map((value, i) => value - columns.reduce((s, c, j) => s + c[i]! * solution[j]!, 0));
      expect(norm(outside as Float64Array) / size).toBeLessThan(1e-12);
    });
  });

  test('is refused to few rows, and to columns that are too near to each other', () => {
    const b = normals(random, 60) as Float64Array;
    expect(
      GramRange.of(
        [0, 1, 2].map(() => normals(random, 60) as Float64Array),
        b,
      ),
    ).toBeNull();
    const columns = some(p);
    columns[1] = columns[0]!.map((v, i) => v + 1e-6 * columns[1]![i]!) as Float64Array;
    expect(GramRange.of(columns, some(1)[0]!)).toBeNull();
  });
});

test.each([false, true])(
  'variable projection of many points ends where the fit of all parameters does, bounded: %s',
  (bounded) => {
    const x = Array.from({ length: 1600 }, (_, i) => i / 100);
    const bells = (t: Tensor, shapes: readonly Tensor[]): Tensor[] =>
      [0, 2, 4].map((i) => {
        const s = t.sub(shapes[i]!).div(shapes[i + 1]!);
        return s.mul(s).neg().exp();
      });
    const truth = [4, 1, 8, 0.7, 11, 1.5];
    const amplitudes = [3, 2, 1];
    const y = x.map((t) =>
      amplitudes.reduce(
        (sum, a, k) => sum + a * Math.exp(-(((t - truth[2 * k]!) / truth[2 * k + 1]!) ** 2)),
        0.05 * random.normal(),
      ),
    );
    const start = truth.map((v, i) => v * (i % 2 ? 0.9 : 1.02));
    const upper = amplitudes.map((a, k) => (bounded && k === 1 ? 0.95 * a : 99));
    const fit = variableProjection(bells, { x, y }, { start, ...(bounded && { linearBounds: { upper } }) });
    const whole = curveFit(
      (t, parameters) =>
        bells(t, parameters)
          .map((column, k) => column.mul(parameters[6 + k]!))
          .reduce((sum, term) => sum.add(term)),
      { x, y },
      { start: [...start, 1, 1, 1], ...(bounded && { bounds: { upper: [...truth.map(() => 99), ...upper] } }) },
    );
    expect(fit.cost / whole.cost).toBeCloseTo(1, 12);
    fit.parameters.forEach((v, j) => {
      expect(v / whole.parameters[j]!).toBeCloseTo(1, 8);
    });
  },
);

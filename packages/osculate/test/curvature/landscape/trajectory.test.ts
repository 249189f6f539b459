import { describe, expect, it } from 'vitest';
import { principalDirections, projectTrajectory } from '../../../src/curvature/index.js';
import { matrix, svd } from '../../../src/linalg/index.js';
import { generator, InputError } from '../../../src/tensor/index.js';

const path = (points: number, n: number): Float64Array[] => {
  const random = generator(9);
  const at = new Float64Array(n);
  return Array.from({ length: points }, () => {
    for (let i = 0; i < n; i++) at[i]! += random.normal() / (1 + i);
    return at.slice();
  });
};

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (v, i) => v * b[i]!).reduce((s, v) => s + v, 0);

describe('principalDirections', () => {
  it('are the right singular vectors of the centred points', () => {
    const points = path(12, 7);
    const mean = points[0]!.map((_, i) => points.reduce((sum, p) => sum + p[i]!, 0) / 12);
    const { v, singularValues } = decompose(points.map((p) => p.map((x, i) => x - mean[i]!)));
    const total = singularValues.reduce((sum, s) => sum + s * s, 0);
    const { directions, explained } = principalDirections(points, 3);
    directions.forEach((d, k) => {
      expect(Math.abs(dot(d, v(k)))).toBeCloseTo(1, 10);
      expect(dot(d, d)).toBeCloseTo(1, 12);
      expect(explained[k]).toBeCloseTo(singularValues[k]! ** 2 / total, 12);
      expect(dot(d, points[11]!)).toBeGreaterThanOrEqual(dot(d, points[0]!));
    });
    expect(dot(directions[0]!, directions[1]!)).toBeCloseTo(0, 10);
  });

  it('of a straight path are its direction, and no second one', () => {
    const points = [0, 1, 2, 5].map((t) => Float64Array.of(1 + 3 * t, 2 + 4 * t, 7));
    const { directions, explained } = principalDirections(points, 1);
    expect([...directions[0]!].map((v) => v.toFixed(12))).toEqual([
      '0.600000000000',
      '0.800000000000',
      '0.000000000000',
    ]);
    expect(explained[0]).toBeCloseTo(1, 12);
    expect(() => principalDirections(points, 2)).toThrow('the points span 1 directions and not 2');
  });

  it('reject points that differ in length or are too few', () => {
    expect(() => principalDirections([new Float64Array(2), new Float64Array(3)], 1)).toThrow(InputError);
    expect(() => principalDirections(path(2, 4), 2)).toThrow('there are 2 points; give at least 3');
  });
});

function decompose(rows: readonly Float64Array[]) {
  const n = rows[0]!.length;
  const { right, values } = svd(matrix(rows.length, n, Float64Array.from(rows.flatMap((r) => [...r]))));
  return {
    singularValues: [...values],
    v: (k: number) => Array.from({ length: n }, (_, i) => right.data[i * right.columns + k]!),
  };
}

describe('projectTrajectory', () => {
  it('gives coordinates along directions that are not orthogonal, and the share that is seen', () => {
    const origin = Float64Array.of(1, 1, 1);
    const [d, e] = [Float64Array.of(1, 0, 0), Float64Array.of(1, 2, 0)];
    const points = [Float64Array.of(1 + 2 + 3, 1 + 6, 1), Float64Array.of(1, 1, 5)];
    const { coordinates, explained } = projectTrajectory(points, origin, [d, e]);
    expect(coordinates[0]![0]).toBeCloseTo(2, 12);
    expect(coordinates[0]![1]).toBeCloseTo(3, 12);
    expect(coordinates[1]!.map(Math.abs)).toEqual([0, 0]);
    expect(explained).toBeCloseTo(61 / (61 + 16), 12);
  });

  it('explains all of a path in its plane', () => {
    const points = path(6, 5);
    const { directions } = principalDirections(points, 2);
    const flat = points.map((p) => {
      const [a, b] = directions.map((d) => dot(d, p));
      return Float64Array.from({ length: 5 }, (_, i) => a! * directions[0]![i]! + b! * directions[1]![i]!);
    });
    expect(projectTrajectory(flat, flat[5]!, directions).explained).toBeCloseTo(1, 12);
    expect(projectTrajectory([flat[0]!], flat[0]!, directions).explained).toBe(1);
  });

  it('rejects what spans no line or plane, and says which vector has another length', () => {
    const d = Float64Array.of(1, 2);
    expect(() => projectTrajectory([d], d, [])).toThrow('there are 0 directions');
    expect(() => projectTrajectory([d], d, [d, Float64Array.of(1, 0), Float64Array.of(0, 1)])).toThrow('there are 3');
    expect(() => projectTrajectory([d], d, [new Float64Array(2)])).toThrow('direction 0 is zero');
    expect(() => projectTrajectory([d], d, [d, Float64Array.of(Number.NaN, 1)])).toThrow('direction 1 is zero or not');
    expect(() => projectTrajectory([d, new Float64Array(3)], d, [d])).toThrow(
      'point 1 has 3 elements and the origin 2',
    );
    expect(() => projectTrajectory([d], d, [new Float64Array(1)])).toThrow('direction 0 has 1 elements');
  });

  it('rejects directions that are parallel', () => {
    const d = Float64Array.of(1, 2);
    expect(() => projectTrajectory([d], d, [d, d.map((v) => -2 * v)])).toThrow('parallel');
  });
});

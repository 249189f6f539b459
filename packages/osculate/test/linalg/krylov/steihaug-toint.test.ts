import { describe, expect, it } from 'vitest';
import { conjugateGradients, type Matrix, steihaugToint } from '../../../src/linalg/index.js';
import { InputError } from '../../../src/tensor/index.js';
import {
  asColumn,
  asyncOperatorOf,
  diagonal,
  distance,
  filledWith,
  identity,
  nonFiniteValues,
  norm,
  operatorOf,
  product,
  randomVector,
  spread,
  symmetric,
  withSpectrum,
} from '../support.js';

function model(b: Matrix, g: Float64Array, s: Float64Array): number {
  const bs = product(b, asColumn(s)).data;
  return s.reduce((sum, value, i) => sum + value * (g[i]! + 0.5 * bs[i]!), 0);
}

describe('steihaugToint', () => {
  it('inside the region takes the Newton step', () => {
    const b = withSpectrum(spread(30, 2));
    const g = randomVector(30);
    const result = steihaugToint(operatorOf(b), g, 1e6);
    const newton = conjugateGradients(
      operatorOf(b),
      g.map((value) => -value),
    );
    expect(result.status).toBe('converged');
    expect(distance(result.step, newton.solution)).toBeLessThan(1e-8);
    expect(result.modelChange).toBeCloseTo(model(b, g, result.step), 8);
  });

  it('leaves along the path, at the boundary', () => {
    const b = withSpectrum(spread(30, 2));
    const g = randomVector(30);
    for (const radius of [1e-8, 0.1, 3]) {
      const result = steihaugToint(operatorOf(b), g, radius);
      expect(result.status).toBe('boundary');
      expect(Math.abs(norm(result.step) / radius - 1)).toBeLessThan(1e-12);
      expect(Math.abs(result.modelChange / model(b, g, result.step) - 1)).toBeLessThan(1e-10);
    }
    const tiny = steihaugToint(operatorOf(b), g, 1e-8);
    expect(
      distance(
        tiny.step,
        g.map((value) => (-1e-8 * value) / norm(g)),
      ),
    ).toBeLessThan(1e-12);
    expect(tiny.iterations).toBe(1);
  });

  it('follows negative curvature to the boundary', () => {
    for (const seed of [1, 2, 3]) {
      const b = symmetric(25, seed);
      const g = randomVector(25);
      const result = steihaugToint(operatorOf(b), g, 5);
      expect(['negativeCurvature', 'boundary']).toContain(result.status);
      expect(Math.abs(norm(result.step) - 5)).toBeLessThan(1e-11);
      // No worse than the Cauchy step, here to the boundary or to the minimiser along −g.
      const size = norm(g);
      const curvature = 2 * model(b, new Float64Array(25), g);
      const along = curvature > 0 ? Math.min(5 / size, size ** 2 / curvature) : 5 / size;
      expect(result.modelChange).toBeLessThanOrEqual(
        model(
          b,
          g,
          g.map((value) => -along * value),
        ) + 1e-12,
      );
    }
    const saddle = steihaugToint(operatorOf(diagonal([1, -1])), Float64Array.of(0, 2), 3);
    expect(saddle).toMatchObject({
      status: 'negativeCurvature',
      iterations: 1,
      step: Float64Array.of(0, -3),
      modelChange: -10.5,
    });
    expect(steihaugToint(operatorOf(diagonal([0, 0])), Float64Array.of(3, 4), 10).status).toBe('negativeCurvature');
  });

  it('measures the region by the preconditioner', async () => {
    const d = spread(20, 2);
    const g = randomVector(20);
    const precondition = (v: Float64Array, out: Float64Array) => {
      for (let i = 0; i < v.length; i++) out[i] = v[i]! / d[i]!;
    };
    const b = withSpectrum(spread(20, 1));
    for (const radius of [0.5, 2]) {
      const result = steihaugToint(operatorOf(b), g, radius, { precondition });
      const measured = Math.sqrt(result.step.reduce((sum, value, i) => sum + d[i]! * value * value, 0));
      expect(result.status).toBe('boundary');
      expect(Math.abs(measured / radius - 1)).toBeLessThan(1e-11);
      expect(await steihaugToint(asyncOperatorOf(b), g, radius, { precondition })).toEqual(result);
    }
  });

  it('ends with typed results where it must', () => {
    const b = operatorOf(withSpectrum(spread(30, 4)));
    expect(steihaugToint(b, new Float64Array(30), 1)).toMatchObject({ status: 'converged', iterations: 0 });
    expect(steihaugToint(b, randomVector(30), 1e9, { maxIterations: 2 })).toMatchObject({
      status: 'budget',
      iterations: 2,
    });
    for (const value of nonFiniteValues) {
      const broken = steihaugToint(filledWith(value), Float64Array.of(1, 2), 1);
      expect([broken.status, Array.from(broken.step)]).toEqual(['nonFinite', [0, 0]]);
      expect(steihaugToint(operatorOf(identity(2)), Float64Array.of(1, value), 1).status).toBe('nonFinite');
    }
    expect(() => steihaugToint(b, randomVector(30), 0)).toThrow(/the radius is 0; it must be a positive number/);
    expect(() => steihaugToint(b, randomVector(30), Number.NaN)).toThrow(InputError);
  });
});

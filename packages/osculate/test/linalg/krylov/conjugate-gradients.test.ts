import { describe, expect, it } from 'vitest';
import { conjugateGradients } from '../../../src/linalg/index.js';
import { InputError, ShapeError } from '../../../src/tensor/index.js';
import {
  asColumn,
  asyncOperatorOf,
  diagonal,
  distance,
  identity,
  nonFiniteValues,
  norm,
  operatorOf,
  product,
  randomVector,
  spread,
  toeplitz,
  withSpectrum,
} from '../support.js';

const inverseDiagonal = (values: Float64Array) => (v: Float64Array, out: Float64Array) => {
  for (let i = 0; i < v.length; i++) out[i] = v[i]! / values[i]!;
};

describe('conjugateGradients', () => {
  it('solves the second difference and tracks its residual', () => {
    const a = toeplitz(60);
    const b = randomVector(60);
    const result = conjugateGradients(operatorOf(a), b, { tolerance: 1e-12 });
    const ax = product(a, asColumn(result.solution)).data;
    expect(result.status).toBe('converged');
    expect(norm(ax.map((value, i) => value - b[i]!))).toBeLessThan(2e-12 * norm(b));
    expect(result.residual).toBeLessThanOrEqual(1e-12 * norm(b));
  });

  it('ends after as many iterations as there are distinct eigenvalues', () => {
    const a = withSpectrum(Float64Array.from({ length: 40 }, (_, i) => 1 + (i % 4)));
    expect(conjugateGradients(operatorOf(a), randomVector(40), { tolerance: 1e-11 }).iterations).toBe(4);
    const solved = conjugateGradients(operatorOf(identity(5)), randomVector(5));
    expect([solved.iterations, distance(solved.solution, randomVector(5))]).toEqual([1, 0]);
  });

  it('is exact in one iteration with the exact preconditioner', () => {
    const d = spread(30, 8);
    const plain = conjugateGradients(operatorOf(diagonal(d)), randomVector(30), { maxIterations: 25 });
    expect(plain.status).toBe('budget');
    const result = conjugateGradients(operatorOf(diagonal(d)), randomVector(30), { precondition: inverseDiagonal(d) });
    expect(result).toMatchObject({ status: 'converged', iterations: 1 });
  });

  it('runs the same with awaited operators', async () => {
    const d = spread(20, 2);
    const a = withSpectrum(d);
    const b = randomVector(20);
    const options = { start: randomVector(20).map(Math.abs), tolerance: 1e-9 };
    const later = conjugateGradients(asyncOperatorOf(a), b, { ...options, precondition: asyncOperatorOf(diagonal(d)) });
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual(
      conjugateGradients(operatorOf(a), b, { ...options, precondition: operatorOf(diagonal(d)) }),
    );
  });

  it('takes an operator that returns its product, and refuses one of another length', () => {
    const result = conjugateGradients((v) => v.map((value) => 2 * value), Float64Array.of(4, 6));
    expect(result.solution).toEqual(Float64Array.of(2, 3));
    expect(() => conjugateGradients((v) => v.slice(1), Float64Array.of(4, 6))).toThrow(
      /returned 1 elements where 2 were/,
    );
  });

  it('stops at once for a zero right-hand side and at a solution', () => {
    expect(conjugateGradients(operatorOf(toeplitz(5)), new Float64Array(5))).toMatchObject({
      status: 'converged',
      iterations: 0,
    });
    expect(conjugateGradients(operatorOf(identity(0)), new Float64Array(0))).toMatchObject({ status: 'converged' });
    const start = randomVector(5);
    const b = product(toeplitz(5), asColumn(start)).data;
    expect(conjugateGradients(operatorOf(toeplitz(5)), b, { start })).toMatchObject({ iterations: 0, solution: start });
  });

  it('hands over a direction of non-positive curvature', () => {
    const a = diagonal([3, 2, -1]);
    const result = conjugateGradients(operatorOf(a), Float64Array.of(1, 1, 1));
    const p = result.direction!;
    expect(result.status).toBe('indefinite');
    expect(p.reduce((sum, value, i) => sum + a.data[4 * i]! * value * value, 0)).toBeLessThanOrEqual(0);
    expect(conjugateGradients(operatorOf(diagonal([1, 0])), Float64Array.of(0, 1)).status).toBe('indefinite');
    const bad = { precondition: operatorOf(diagonal([-1, -1])) };
    expect(conjugateGradients(operatorOf(identity(2)), Float64Array.of(1, 2), bad).status).toBe('indefinite');
  });

  it('keeps the last finite iterate when a product is not finite', () => {
    for (const value of nonFiniteValues) {
      let calls = 0;
      const breaking = (v: Float64Array, out: Float64Array) => {
        operatorOf(toeplitz(8))(v, out);
        if (++calls === 3) out[4] = value;
      };
      const result = conjugateGradients(breaking, randomVector(8));
      expect([result.status, result.iterations]).toEqual(['nonFinite', 2]);
      expect(result.solution.every(Number.isFinite)).toBe(true);
      expect(conjugateGradients(operatorOf(identity(2)), Float64Array.of(1, value)).status).toBe('nonFinite');
    }
  });

  it('says when squares leave the range of doubles, and solves up to there', () => {
    const solve = (factor: number) => {
      const b = randomVector(20).map((value) => value * factor);
      const { status, solution } = conjugateGradients(operatorOf(toeplitz(20)), b);
      return { status, error: distance(product(toeplitz(20), asColumn(solution)).data, b) };
    };
    for (const factor of [1e-140, 1e140]) {
      const { status, error } = solve(factor);
      expect(status).toBe('converged');
      expect(error).toBeLessThan(1e-9);
    }
    for (const factor of [1e-200, 1e200]) expect(solve(factor).status).toBe('nonFinite');
    const singular = { precondition: () => {} };
    expect(conjugateGradients(operatorOf(identity(2)), Float64Array.of(1, 2), singular).status).toBe('indefinite');
  });

  it('refuses a start of another length and bad options', () => {
    const a = operatorOf(identity(2));
    expect(() => conjugateGradients(a, new Float64Array(2), { start: new Float64Array(3) })).toThrow(ShapeError);
    expect(() => conjugateGradients(a, new Float64Array(2), { tolerance: Number.NaN })).toThrow(/the tolerance is NaN/);
    expect(() => conjugateGradients(a, new Float64Array(2), { maxIterations: -1 })).toThrow(InputError);
  });
});

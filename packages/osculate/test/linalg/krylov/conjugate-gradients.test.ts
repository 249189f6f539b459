import { describe, expect, it } from 'vitest';
import { conjugateGradients } from '../../../src/linalg/index.js';
import { truncatedGradients } from '../../../src/linalg/krylov/truncated-gradients.js';
import { InputError, ShapeError } from '../../../src/tensor/index.js';
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
    const tiny = Float64Array.of(1e-200, 0);
    expect(truncatedGradients(operatorOf(identity(2)), tiny).status).toBe('nonFinite');
    const singular = { precondition: () => {} };
    expect(conjugateGradients(operatorOf(identity(2)), Float64Array.of(1, 2), singular).status).toBe('indefinite');
    expect(truncatedGradients(operatorOf(identity(2)), Float64Array.of(1, 2), singular).status).toBe('indefinite');
  });

  it('refuses a start of another length and bad options', () => {
    const a = operatorOf(identity(2));
    expect(() => conjugateGradients(a, new Float64Array(2), { start: new Float64Array(3) })).toThrow(ShapeError);
    expect(() => conjugateGradients(a, new Float64Array(2), { tolerance: Number.NaN })).toThrow(/the tolerance is NaN/);
    expect(() => conjugateGradients(a, new Float64Array(2), { maxIterations: -1 })).toThrow(InputError);
  });
});

describe('truncatedGradients', () => {
  const a = withSpectrum(spread(120, 3));
  const b = randomVector(120);
  const model = (x: Float64Array): number => {
    const ax = product(a, asColumn(x)).data;
    return x.reduce((sum, value, i) => sum + value * (0.5 * ax[i]! - b[i]!), 0);
  };

  it('stores iterates from the fifth on, 1.3 times apart, and the last', () => {
    const result = truncatedGradients(operatorOf(a), b);
    const stored = result.iterates.map(({ iteration }) => iteration);
    expect(result.status).toBe('truncated');
    expect(stored.slice(0, 7)).toEqual([5, 7, 9, 11, 15, 19, 25]);
    expect(stored.at(-1)).toBe(result.iterations);
    for (const { x, model: value } of result.iterates) expect(value).toBeCloseTo(model(x), 9);
    const values = result.iterates.map((iterate) => iterate.model);
    expect(values).toEqual([...values].sort((x, y) => y - x));
  });

  it("stops at the iteration that Martens's test names", () => {
    const { iterations } = truncatedGradients(operatorOf(a), b);
    // The test restated on φ after each number of iterations, each from a run of its own.
    const phi = (i: number) => model(truncatedGradients(operatorOf(a), b, { maxIterations: i }).solution);
    const stops = (i: number) => {
      const k = Math.max(10, Math.ceil(0.1 * i));
      return i > k && phi(i - k) < 0 && (phi(i) - phi(i - k)) / phi(i) < 5e-4 * k;
    };
    expect(stops(iterations)).toBe(true);
    for (let i = 1; i < iterations; i++) expect(stops(i)).toBe(false);
  });

  it('agrees with conjugate gradients for as many iterations, also preconditioned, from a start, and awaited', async () => {
    const options = {
      start: randomVector(120).map(Math.cos),
      precondition: operatorOf(diagonal(spread(120, 1))),
      maxIterations: 9,
    };
    const truncated = truncatedGradients(operatorOf(a), b, options);
    const full = conjugateGradients(operatorOf(a), b, { ...options, tolerance: 0 });
    expect(distance(truncated.solution, full.solution)).toBeLessThan(1e-13);
    expect(truncated).toMatchObject({ status: 'budget', iterations: 9 });
    expect(truncated.residual).toBeCloseTo(full.residual, 11);
    expect(await truncatedGradients(asyncOperatorOf(a), b, options)).toEqual(truncated);
  });

  it('ends with typed results where it must', () => {
    expect(truncatedGradients(operatorOf(identity(3)), new Float64Array(3))).toMatchObject({
      status: 'converged',
      iterates: [],
    });
    expect(truncatedGradients(operatorOf(diagonal([1, -2])), Float64Array.of(1, 1)).status).toBe('indefinite');
    for (const value of nonFiniteValues) {
      const { status, solution } = truncatedGradients(filledWith(value), Float64Array.of(1, 1));
      expect([status, Array.from(solution)]).toEqual(['nonFinite', [0, 0]]);
      expect(truncatedGradients(operatorOf(identity(2)), Float64Array.of(value, 0)).status).toBe('nonFinite');
    }
  });
});

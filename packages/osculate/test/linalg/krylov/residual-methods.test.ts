import { describe, expect, it } from 'vitest';
import { lsmr, type Matrix, minres, solveLeastSquares } from '../../../src/linalg/index.js';
import { InputError } from '../../../src/tensor/index.js';
import {
  asColumn,
  asyncOperatorOf,
  at,
  build,
  diagonal,
  distance,
  filledWith,
  identity,
  nonFiniteValues,
  norm,
  operatorOf,
  product,
  random,
  randomVector,
  spread,
  transpose,
  withSpectrum,
} from '../support.js';

const residualOf = (a: Matrix, x: Float64Array, b: Float64Array): Float64Array => {
  const ax = product(a, asColumn(x)).data;
  return b.map((value, i) => value - ax[i]!);
};

const symmetricOfBothSigns = withSpectrum(Float64Array.from({ length: 50 }, (_, i) => (i % 2 ? -1 : 1) * (1 + i / 5)));

describe('minres', () => {
  it('solves indefinite systems and tracks their residual', () => {
    const b = randomVector(50);
    const result = minres(operatorOf(symmetricOfBothSigns), b);
    const residual = norm(residualOf(symmetricOfBothSigns, result.solution, b));
    expect(result.status).toBe('converged');
    expect(residual).toBeLessThan(2e-10 * norm(b));
    expect(Math.abs(residual - result.residual)).toBeLessThan(1e-13 * norm(b));
  });

  it('minimises the residual over the Krylov space at each step', () => {
    const a = symmetricOfBothSigns;
    const b = randomVector(50);
    let powers = asColumn(b);
    for (let k = 1; k <= 5; k++) {
      // The same minimisation by dense least squares over A times the Krylov basis.
      const { residualNorms } = solveLeastSquares(product(a, powers), b);
      const result = minres(operatorOf(a), b, { maxIterations: k });
      expect(result.residual / residualNorms[0]!).toBeCloseTo(1, 9);
      const last = build(50, 1, (i) => at(powers, i, k - 1));
      const next = product(a, last);
      const previous = powers;
      powers = build(50, k + 1, (i, j) => (j < k ? at(previous, i, j) : next.data[i]!));
    }
  });

  it('finds the least residual of a singular system', () => {
    const a = diagonal([1, 2, -3, 0, 0]);
    const result = minres(operatorOf(a), Float64Array.of(1, 1, 1, 2, -1));
    expect(result.status).toBe('leastSquares');
    expect(distance(result.solution.slice(0, 3), Float64Array.of(1, 1 / 2, -1 / 3))).toBeLessThan(1e-12);
    expect(result.residual).toBeCloseTo(Math.sqrt(5), 12);
    expect(minres(operatorOf(diagonal([0, 0])), Float64Array.of(1, 2))).toMatchObject({
      status: 'leastSquares',
      solution: new Float64Array(2),
    });
    const compatible = minres(operatorOf(a), Float64Array.of(1, 1, 1, 0, 0));
    expect(compatible.status).toBe('converged');
    expect(distance(compatible.solution, Float64Array.of(1, 1 / 2, -1 / 3, 0, 0))).toBeLessThan(1e-12);
  });

  it('takes a start and a preconditioner, at once and awaited', async () => {
    const d = spread(40, 6);
    const a = diagonal(d.map((value, i) => (i % 2 ? -value : value)));
    const b = randomVector(40);
    const precondition = (v: Float64Array, out: Float64Array) => {
      for (let i = 0; i < v.length; i++) out[i] = v[i]! / d[i]!;
    };
    const result = minres(operatorOf(a), b, { precondition, start: randomVector(40) });
    expect(result).toMatchObject({ status: 'converged', iterations: 2 });
    expect(norm(residualOf(a, result.solution, b))).toBeLessThan(1e-9);
    expect(await minres(asyncOperatorOf(a), b, { precondition, start: randomVector(40) })).toEqual(result);
    const bad = { precondition: operatorOf(diagonal([1, -1])) };
    expect(minres(operatorOf(identity(2)), Float64Array.of(0, 1), bad).status).toBe('indefinite');
  });

  it('ends with typed results where it must', () => {
    expect(minres(operatorOf(identity(3)), new Float64Array(3))).toMatchObject({ status: 'converged', iterations: 0 });
    expect(minres(operatorOf(symmetricOfBothSigns), randomVector(50), { maxIterations: 3 })).toMatchObject({
      status: 'budget',
    });
    for (const value of nonFiniteValues) {
      const broken = minres(filledWith(value), Float64Array.of(1, 2));
      expect([broken.status, Array.from(broken.solution)]).toEqual(['nonFinite', [0, 0]]);
      expect(minres(operatorOf(identity(2)), Float64Array.of(value, 1)).status).toBe('nonFinite');
    }
  });
});

describe('lsmr', () => {
  const solve = (a: Matrix, b: Float64Array, options = {}) =>
    lsmr(operatorOf(a), operatorOf(transpose(a)), b, a.columns, options);

  it.each([
    [40, 15],
    [15, 40],
    [20, 20],
  ])('agrees with dense least squares for %i x %i', (m, n) => {
    const a = random(m, n);
    const b = randomVector(m);
    const result = solve(a, b, { tolerance: 1e-13, maxIterations: 400 });
    expect(['converged', 'leastSquares']).toContain(result.status);
    expect(distance(result.solution, solveLeastSquares(a, b).solution)).toBeLessThan(1e-9);
    const r = residualOf(a, result.solution, b);
    expect(Math.abs(norm(r) - result.residual)).toBeLessThan(1e-10);
    expect(result.normalResidual).toBeLessThan(1e-9);
  });

  it('tracks its residuals along the way, damped or not', () => {
    const a = random(30, 20);
    const b = randomVector(30);
    for (const damping of [0, 0.7]) {
      for (let maxIterations = 1; maxIterations < 12; maxIterations++) {
        const { solution, residual, normalResidual } = solve(a, b, { maxIterations, damping, tolerance: 0 });
        const r = residualOf(a, solution, b);
        expect(residual).toBeCloseTo(Math.hypot(norm(r), damping * norm(solution)), 10);
        const gradient = product(transpose(a), asColumn(r)).data.map((value, i) => value - damping ** 2 * solution[i]!);
        expect(normalResidual).toBeCloseTo(norm(gradient), 9);
      }
    }
  });

  it('solves the damped problem', () => {
    const a = random(25, 10);
    const b = randomVector(25);
    const result = solve(a, b, { damping: 2, tolerance: 1e-13 });
    const stacked = build(35, 10, (i, j) => (i < 25 ? at(a, i, j) : i - 25 === j ? 2 : 0));
    const right = new Float64Array(35);
    right.set(b);
    expect(distance(result.solution, solveLeastSquares(stacked, right).solution)).toBeLessThan(1e-11);
  });

  it('gives the shortest solution of a deficient problem, awaited too', async () => {
    const a = build(12, 9, (i, j) => Math.sin(i) * Math.cos(j) + (i - 3) * j);
    const b = randomVector(12);
    const result = solve(a, b, { tolerance: 1e-13 });
    expect(distance(result.solution, solveLeastSquares(a, b).solution)).toBeLessThan(1e-10);
    const later = lsmr(asyncOperatorOf(a), asyncOperatorOf(transpose(a)), b, 9, { tolerance: 1e-13 });
    expect(await later).toEqual(result);
  });

  it('ends with typed results where it must', () => {
    expect(solve(identity(3), new Float64Array(3))).toMatchObject({ status: 'converged', iterations: 0 });
    expect(solve(diagonal([1, 0]), Float64Array.of(0, 1))).toMatchObject({ status: 'leastSquares', residual: 1 });
    expect(solve(random(20, 20), randomVector(20), { maxIterations: 2 })).toMatchObject({
      status: 'budget',
      iterations: 2,
    });
    const own = Float64Array.of(1, 2, 3, 4);
    expect(distance(solve(identity(4), own).solution, own)).toBeLessThan(1e-15);
    for (const value of nonFiniteValues) {
      const fill = filledWith(value);
      const broken = [
        lsmr(fill, operatorOf(identity(2)), Float64Array.of(1, 2), 2),
        lsmr(operatorOf(identity(2)), fill, Float64Array.of(1, 2), 2),
      ];
      for (const { status, solution } of broken) expect([status, Array.from(solution)]).toEqual(['nonFinite', [0, 0]]);
      expect(solve(identity(2), Float64Array.of(value, 0)).status).toBe('nonFinite');
      expect(() => solve(identity(2), new Float64Array(2), { damping: value })).toThrow(InputError);
    }
    expect(() =>
      lsmr(
        () => {},
        () => {},
        new Float64Array(2),
        -1,
      ),
    ).toThrow(/columns is -1; it must be the number of unknowns/);
  });
});

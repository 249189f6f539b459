import { describe, expect, test } from 'vitest';
import { curveFit, type LeastSquaresResult, leastSquares, type TracedModel } from '../../src/fit/index.js';
import { Factorization } from '../../src/fit/trust-region/factorization.js';
import type { Iterate } from '../../src/fit/trust-region/iterate.js';
import { isTall, type LinearModel, ReducedModel } from '../../src/fit/trust-region/linear-model.js';
import { generator } from '../../src/tensor/index.js';
import { correctDigits, nistProblems } from './nist.js';
import { normals } from './random.js';

const random = generator(11);

describe('ReducedModel', () => {
  test.each([false, true])('has the norms, products and factors of the whole model, rows weighted: %s', (weighted) => {
    const [m, n] = [700, 7];
    const columns = normals(random, m * n);
    const rows = weighted ? normals(random, m).map((v) => 0.1 + v * v) : null;
    const whole: LinearModel = { height: m, columns, residuals: normals(random, m), rows };
    const reduced = new ReducedModel(m, n);
    reduced.reduce(whole);
    const scale = normals(random, n).map((v) => 0.5 + v * v);
    for (const free of [Int8Array.of(1, 1, 1, 1, 1, 1, 1), Int8Array.of(0, 1, 1, 0, 1, 0, 1)]) {
      const [f, g] = [new Factorization(m, n), new Factorization(m, n)];
      f.factor(whole, scale, free);
      g.factor(reduced, scale, free);
      expect(g.pivots).toEqual(f.pivots);
      expect(g.rank).toBe(f.rank);
      expect(g.rest / f.rest).toBeCloseTo(1, 12);
      for (let i = 0; i < f.k; i++) {
        const sign = Math.sign(f.upper[i * (n + 1)]! * g.upper[i * (n + 1)]!);
        expect(sign * g.c[i]!).toBeCloseTo(f.c[i]!, 11);
        for (let j = i; j < f.k; j++) expect(sign * g.upper[i * n + j]!).toBeCloseTo(f.upper[i * n + j]!, 11);
      }
    }
  });
});

describe('a reduced model without pivoting', () => {
  const [m, n] = [700, 7];
  const free = new Int8Array(n).fill(1);

  /** A point with this model, as far as a factorisation reads it. */
  const pointOf = (linear: LinearModel): Iterate => ({ linear, model: {} }) as Iterate;

  function reducedOf(columns: Float64Array): { whole: LinearModel; reduced: ReducedModel } {
    const whole: LinearModel = { height: m, columns, residuals: normals(random, m), rows: null };
    const reduced = new ReducedModel(m, n);
    reduced.reduce(whole);
    return { whole, reduced };
  }

  /** The Gauss-Newton step of a factorisation. */
  function stepOf({ k, upper, c, pivots, scale }: Factorization): Float64Array {
    const step = new Float64Array(n);
    for (let i = k - 1; i >= 0; i--) {
      let sum = c[i]!;
      for (let j = i + 1; j < k; j++) sum -= upper[i * n + j]! * step[pivots[j]!]! * scale[pivots[j]!]!;
      step[pivots[i]!] = sum / upper[i * n + i]! / scale[pivots[i]!]!;
    }
    return step;
  }

  test('has the step, the rank and the rest of the pivoted factorisation of the whole model', () => {
    const { whole, reduced } = reducedOf(normals(random, m * n));
    expect(reduced.regular).toBe(true);
    const scale = normals(random, n).map((v) => 0.5 + v * v) as Float64Array;
    const [f, g] = [new Factorization(m, n), new Factorization(m, n)];
    f.factorModel(pointOf(whole), scale, free);
    g.factorModel(pointOf(reduced), scale, free);
    expect(Array.from(g.pivots)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(Array.from(f.pivots)).not.toEqual(Array.from(g.pivots));
    expect(g.rank).toBe(n);
    expect(g.rest / f.rest).toBeCloseTo(1, 12);
    const [p, q] = [stepOf(f), stepOf(g)];
    p.forEach((v, j) => {
      expect(q[j]! / v).toBeCloseTo(1, 10);
    });
    const norm = (x: Factorization): number => Math.hypot(...x.c.subarray(0, x.k));
    expect(norm(g) / norm(f)).toBeCloseTo(1, 12);
  });

  test('pivots where a parameter is held or the scale is very unequal', () => {
    const { reduced } = reducedOf(normals(random, m * n));
    const even = reduced.columns.slice(0, n).fill(1);
    const uneven = even.map((_, j) => (j === 2 ? 1e-9 : 1)) as Float64Array;
    const f = new Factorization(m, n);
    f.factorModel(pointOf(reduced), even, Int8Array.of(1, 1, 0, 1, 1, 1, 1));
    expect(f.k).toBe(n - 1);
    expect([...f.pivots.subarray(0, n - 1)].sort()).toEqual([0, 1, 3, 4, 5, 6]);
    f.factorModel(pointOf(reduced), uneven, free);
    expect(f.pivots[0]).toBe(2);
  });

  test('columns that nearly agree are reduced by reflections, which keep what they differ in', () => {
    const columns = normals(random, m * n);
    for (let i = 0; i < m; i++) columns[6 * m + i] = columns[i]! + 1e-10 * columns[6 * m + i]!;
    const difference = columns.subarray(6 * m).map((v, i) => v - columns[i]!);
    const { reduced } = reducedOf(columns);
    expect(reduced.regular).toBe(false);
    const r = Array.from({ length: n + 1 }, (_, i) => reduced.columns[6 * (n + 1) + i]! - reduced.columns[i]!);
    expect(Math.hypot(...r) / Math.hypot(...difference)).toBeCloseTo(1, 4);
  });
});

describe('NIST StRD with every observation repeated, so that the Jacobians are tall', () => {
  const runs = nistProblems().flatMap((p) => p.starts.map((start, i) => ({ p, start, label: `${p.name} ${i + 1}` })));

  test.each(runs)('$label: 9 certified digits', ({ p, start }) => {
    const [m, n] = [p.y.length, p.certified.length];
    const copies = Math.max(2, Math.ceil(4200 / (m * n)));
    expect(isTall(copies * m, n)).toBe(true);
    const repeated = Array.from({ length: copies * m }, (_, i) => i % m);
    const x = repeated.map((i) => (p.x[0]!.length === 1 ? p.x[i]![0]! : p.x[i]!));
    const y = repeated.map((i) => p.y[i]!);
    const fit = curveFit(p.traced, { x: x as number[], y }, { start });
    expect(correctDigits(fit.parameters, p.certified)).toBeGreaterThanOrEqual(9);
  });
});

describe('tall problems', () => {
  const m = 1500;
  const x = Array.from({ length: m }, (_, i) => i / 100);
  const noise = normals(random, m);
  const bell: TracedModel = (t, p) =>
    [0, 3, 6]
      .map((i) => {
        const z = t.sub(p[i + 1]!).div(p[i + 2]!);
        return p[i]!.mul(z.mul(z).neg().exp());
      })
      .reduce((sum, term) => sum.add(term));
  const truth = [3, 4, 1, 2, 8, 0.7, 1, 11, 1.5];
  const y = x.map((t, i) => {
    const peaks = [0, 3, 6].map((k) => truth[k]! * Math.exp(-(((t - truth[k + 1]!) / truth[k + 2]!) ** 2)));
    return peaks.reduce((a, b) => a + b, 0.05 * noise[i]!);
  });
  const start = truth.map((v, i) => v * (i % 2 ? 1.03 : 0.9));

  /** The gradient over the norms of the columns and the residuals, of parameters inside their bounds. */
  function cosines(fit: LeastSquaresResult): number[] {
    const n = fit.parameters.length;
    const size = Math.hypot(...fit.residuals);
    return Array.from({ length: n }, (_, j) => {
      const column = Array.from(fit.residuals, (_r, i) => fit.jacobian[i * n + j]!);
      return column.reduce((sum, d, i) => sum + d * fit.residuals[i]!, 0) / Math.hypot(...column) / size;
    });
  }

  test('end at a stationary point, with the Jacobian and residuals of the model there', () => {
    const fit = curveFit(bell, { x, y }, { start });
    expect(fit.status).toMatch(/^(converged|relative)/);
    for (const c of cosines(fit)) expect(Math.abs(c)).toBeLessThan(1e-12);
    expect(fit.relativeOffset).toBeLessThan(1e-8);
  });

  test('bounds hold the parameters that would leave', () => {
    const upper = truth.map((v, i) => (i === 0 || i === 5 ? 0.95 * v : 99));
    const fit = curveFit(bell, { x, y }, { start, bounds: { lower: truth.map(() => 0), upper } });
    expect(Array.from(fit.activeBounds)).toEqual(truth.map((_, i) => (i === 0 || i === 5 ? 1 : 0)));
    cosines(fit).forEach((c, i) => {
      if (i === 0 || i === 5) expect(c).toBeLessThan(0);
      else expect(Math.abs(c)).toBeLessThan(1e-8);
    });
  });

  test('a robust loss: the gradient of its cost vanishes', () => {
    const wild = y.map((v, i) => (i % 50 === 0 ? v + 5 : v));
    const fit = curveFit(bell, { x, y: wild }, { start, loss: 'cauchy', lossScale: 0.1 });
    const weights = fit.residuals.map((r) => r / (1 + (r / 0.1) ** 2));
    const n = truth.length;
    for (let j = 0; j < n; j++) {
      const column = Array.from(weights, (_, i) => fit.jacobian[i * n + j]!);
      const slope = column.reduce((sum, d, i) => sum + d * weights[i]!, 0);
      expect(Math.abs(slope) / Math.hypot(...column) / Math.hypot(...weights)).toBeLessThan(1e-8);
    }
    truth.forEach((v, i) => {
      expect(Math.abs(fit.parameters[i]! / v - 1)).toBeLessThan(0.05);
    });
  });

  test('sigmas that are all alike change nothing but the cost', () => {
    const [plain, weighed] = [undefined, 0.25].map((sigma) =>
      curveFit(bell, { x, y, ...(sigma !== undefined && { sigma }) }, { start }),
    );
    weighed!.parameters.forEach((v, i) => {
      expect(v).toBeCloseTo(plain!.parameters[i]!, 10);
    });
    expect(weighed!.cost / plain!.cost).toBeCloseTo(16, 10);
  });

  test('plain functions with a Jacobian of their own', () => {
    const line = {
      residuals: (p: Float64Array) => x.map((t, i) => p[0]! + p[1]! * t + p[2]! * t * t - y[i]!),
      jacobian: () => x.map((t) => [1, t, t * t]),
    };
    const fit = leastSquares(line, [0, 0, 0]);
    expect(isTall(m, 3)).toBe(true);
    for (const c of cosines(fit)) expect(Math.abs(c)).toBeLessThan(1e-12);
  });
});

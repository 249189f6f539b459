import { describe, expect, test } from 'vitest';
import { curveFit, type LeastSquaresOptions, leastSquares, type TracedModel } from '../../src/fit/index.js';
import { remembering } from '../../src/fit/residuals/traced.js';
import { InputError, type Tensor } from '../../src/tensor/index.js';

const rosenbrock = {
  residuals: ([a, b]: Float64Array) => [10 * (b! - a! * a!), 1 - a!],
  jacobian: ([a]: Float64Array) => [
    [-20 * a!, 10],
    [-1, 0],
  ],
};
const fit = (options: LeastSquaresOptions) => leastSquares(rosenbrock, [-1.2, 1], options);

describe('the trust region', () => {
  test('with damping the first step is no longer than that of (JᵀJ + λI)p = −Jᵀr, in the scaled norm', () => {
    for (const damping of [1, 1e4]) {
      // At (−1.2, 1): J = [[24, 10], [−1, 0]], r = (−4.4, 2.2).
      const [a, b, d] = [24 ** 2 + 1 + damping, 240, 100 + damping];
      const g = [24 * -4.4 - 2.2, 10 * -4.4] as const;
      const determinant = a * d - b * b;
      const step = [-(d * g[0] - b * g[1]) / determinant, -(a * g[1] - b * g[0]) / determinant] as const;
      const scale = [Math.hypot(24, 1), 10] as const;
      const length = Math.hypot(scale[0] * step[0], scale[1] * step[1]);
      const plain = Math.hypot(...step);
      const { parameters } = fit({ trustRegion: { damping }, maxEvaluations: 2, polish: false, acceleration: false });
      const [p, q] = [parameters[0]! + 1.2, parameters[1]! - 1];
      // The result is the better of a run with Moré's scales and one with none.
      const ratios = [Math.hypot(scale[0] * p, scale[1] * q) / length, Math.hypot(p, q) / plain];
      expect(Math.min(...ratios.map((ratio) => Math.abs(ratio - 1)))).toBeLessThan(0.1);
    }
  });

  test.each<LeastSquaresOptions>([
    { trustRegion: { damping: 1e6, grow: 1.5 } },
    { trustRegion: { shrink: 0.9, leastRatio: 0.5 } },
    { trustRegion: { leastRatio: 0 } },
  ])('%j leads to the same minimum', (options) => {
    const { parameters, status } = fit({ ...options, maxEvaluations: 5000 });
    expect(status).toMatch(/^(converged|relative)/);
    expect(parameters[0]).toBeCloseTo(1, 9);
    expect(parameters[1]).toBeCloseTo(1, 9);
  });

  test('targetCost ends a fit at the first point that is low enough', () => {
    const early = fit({ targetCost: 0.5 });
    expect(early.status).toBe('target-cost');
    expect(early.cost).toBeLessThanOrEqual(0.5);
    expect(early.cost).toBeGreaterThan(1e-6);
    expect(early.evaluations.curvatures).toBe(0);
    expect(early.iterations).toBeLessThan(fit({}).iterations);
    const there = fit({ targetCost: 1e3 });
    expect([there.status, there.iterations, ...there.parameters]).toEqual(['target-cost', 0, -1.2, 1]);
  });

  test.each<[LeastSquaresOptions, RegExp]>([
    [{ trustRegion: { damping: 0 } }, /trust region: damping must be a finite number > 0, got 0/],
    [{ trustRegion: { shrink: 1 } }, /trust region: shrink must be a number above 0 and below 1, got 1/],
    [{ trustRegion: { grow: 0.9 } }, /trust region: grow must be a finite number ≥ 1, got 0.9/],
    [{ trustRegion: { leastRatio: 1 } }, /trust region: leastRatio must be a number from 0 to below 1, got 1/],
  ])('%j is refused', (options, message) => {
    expect(() => fit(options)).toThrow(InputError);
    expect(() => fit(options)).toThrow(message);
  });
});

describe('remembering', () => {
  test('makes a thing once for a function and key', () => {
    const memory = remembering<() => number, object>();
    const [f, g] = [() => 1, () => 1];
    const made: string[] = [];
    const get = (h: () => number, key: string) => memory(h, key, () => ({ at: made.push(key) }));
    expect(get(f, 'a')).toBe(get(f, 'a'));
    expect(get(f, 'b')).not.toBe(get(f, 'a'));
    expect(get(g, 'a')).not.toBe(get(f, 'a'));
    expect(made).toEqual(['a', 'b', 'a']);
  });

  test('fits of one model trace it once for each shape and each set of ties', () => {
    let traced = 0;
    const model: TracedModel = (x, [a, b]) => {
      traced++;
      return x.mul(a!).add(b!);
    };
    const [x, y] = [
      [1, 2, 3],
      [2, 4, 7],
    ];
    const double = { text: '2*b1', symbols: ['b1'], build: ({ b1 }: Record<string, Tensor>) => b1!.mul(2) };
    const tied = { b2: double };
    for (let i = 0; i < 2; i++) {
      curveFit(model, { x, y }, { start: [1, 1] });
      curveFit(model, { x, y }, { start: [1, 1], fixed: { b2: i } });
      curveFit(model, { x, y }, { start: [1, 1], tied });
    }
    expect(traced).toBe(2);
  });
});

import { describe, expect, test } from 'vitest';
import { type DampedModel, dampedRun } from '../../../src/fit/trust-region/damped-run.js';
import { InputError } from '../../../src/tensor/index.js';

/** ½r(x)² of one parameter; `slope` may lie. */
function model(r: (x: number) => number, slope: (x: number) => number, start: number): DampedModel {
  let next = start;
  const at = {
    x: Float64Array.of(start),
    gradient: new Float64Array(1),
    norms: new Float64Array(1),
    step: new Float64Array(1),
    cost: Number.NaN,
    size: Number.NaN,
    begin: (): boolean => {
      const [value, s] = [r(at.x[0]!), slope(at.x[0]!)];
      at.cost = 0.5 * value * value;
      at.size = Math.abs(value);
      at.gradient[0] = s * value;
      at.norms[0] = Math.abs(s);
      return Number.isFinite(at.cost + s);
    },
    solve: (damping: number, scale: Float64Array): number => {
      const s = slope(at.x[0]!);
      at.step[0] = -at.gradient[0]! / (s * s + damping * scale[0]! ** 2);
      return -at.gradient[0]! * at.step[0]! - 0.5 * (s * at.step[0]!) ** 2;
    },
    trial: (): number => {
      next = at.x[0]! + at.step[0]!;
      return at.cost - 0.5 * r(next) ** 2;
    },
    exchange: (): void => {
      [at.x[0], next] = [next, at.x[0]!];
    },
    linearize: (): boolean => at.begin(),
  };
  return at;
}

describe('dampedRun', () => {
  test('a root', () => {
    const m = model(
      (x) => x * x - 2,
      (x) => 2 * x,
      3,
    );
    expect(dampedRun(m).status).toMatch(/^converged/);
    expect(m.x[0]).toBeCloseTo(Math.SQRT2, 12);
  });

  test('a minimum without a root, where the only column vanishes', () => {
    const m = model(
      (x) => x * x + 1,
      (x) => 2 * x,
      1.5,
    );
    expect(dampedRun(m).status).toMatch(/^converged/);
    expect(Math.abs(m.x[0]!)).toBeLessThan(1e-5);
  });

  test('derivatives that lead uphill stall', () => {
    const m = model(
      (x) => Math.exp(x),
      () => -1,
      0,
    );
    const end = dampedRun(m);
    expect(end).toEqual({ status: 'stalled', iterations: 0 });
    expect(m.x[0]).toBe(0);
  });

  test('a step to where derivatives are not finite is not taken', () => {
    const taken: boolean[] = [];
    const m = model(
      (x) => x,
      (x) => (x < 0.5 ? Number.NaN : 1),
      1,
    );
    const end = dampedRun(m, { onIteration: (iteration) => taken.push(iteration.taken), maxEvaluations: 30 });
    expect(taken[0]).toBe(false);
    expect(end.status).not.toMatch(/^converged-(cost|gradient)/);
    expect(m.x[0]).toBeGreaterThanOrEqual(0.5);
    expect(m.cost).toBe(0.5 * m.x[0]! ** 2);
  });

  test('equations that cannot be solved raise the damping', () => {
    const m = model(
      (x) => x - 1,
      () => 1,
      0,
    );
    const { solve } = m;
    const dampings: number[] = [];
    const limited = {
      ...m,
      get cost() {
        return m.cost;
      },
      get size() {
        return m.size;
      },
      solve: (damping: number, scale: Float64Array): number => {
        dampings.push(damping);
        return damping < 0.1 ? Number.NaN : solve(damping, scale);
      },
    };
    expect(dampedRun(limited, { maxEvaluations: 200 }).iterations).toBeGreaterThan(0);
    expect(dampings[1]).toBe(2 * dampings[0]!);
    expect(Math.abs(m.x[0]! - 1)).toBeLessThan(1e-6);
  });

  test.each([0, -1, Number.NaN, 1e30])('a first damping of %d is refused', (damping) => {
    expect(() =>
      dampedRun(
        model(
          (x) => x,
          () => 1,
          1,
        ),
        { damping },
      ),
    ).toThrow(InputError);
  });

  test('budget, and a start that is not finite', () => {
    expect(
      dampedRun(
        model(
          (x) => x,
          () => 1,
          1,
        ),
        { maxEvaluations: 1 },
      ).status,
    ).toBe('max-evaluations');
    expect(
      dampedRun(
        model(
          () => Number.NaN,
          () => 1,
          1,
        ),
      ).status,
    ).toBe('non-finite-start');
  });
});

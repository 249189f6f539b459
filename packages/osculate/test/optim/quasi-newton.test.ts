import { describe, expect, it } from 'vitest';
import { bfgs, lbfgs } from '../../src/optim/index.js';
import { lbfgsDirection } from '../../src/optim/quasi-newton/lbfgs.js';
import { generator, InputError } from '../../src/tensor/index.js';
import { quadratic, rosenbrock, rosenbrockStart } from '../objective/functions.js';
import { dot, relativeError } from '../objective/support.js';
import { path } from './path.js';

/** H⁺ = (I − ρ·s·yᵀ)·H·(I − ρ·y·sᵀ) + ρ·s·sᵀ, written out as matrix products. */
function materialisedUpdate(h: number[][], s: number[], y: number[]): number[][] {
  const rho = 1 / dot(s, y);
  const left = s.map((si, i) => y.map((yj, j) => (i === j ? 1 : 0) - rho * si * yj));
  const times = (a: number[][], b: number[][]) =>
    a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
  const right = left[0]!.map((_, j) => left.map((row) => row[j]!));
  return times(times(left, h), right).map((row, i) => row.map((x, j) => x + rho * s[i]! * s[j]!));
}

describe('L-BFGS', () => {
  it.each([
    [1, 6],
    [3, 7],
    [5, 6],
    [9, 7],
    [9, 1],
  ])('is the materialised inverse-Hessian recursion over the last of %i pairs of %i numbers', (count, n) => {
    const memory = 5;
    const random = generator(count);
    const slots: Record<string, Float64Array> = {};
    const pairs = Array.from({ length: count }, (_, k) => {
      const s = Array.from({ length: n }, () => random.normal());
      // y = A·s with A diagonal and positive: sᵀy > 0.
      const y = s.map((x, i) => (1 + i) * x * (1 + 0.1 * random.uniform()));
      slots[`s.${k % memory}`] = Float64Array.from(s);
      slots[`y.${k % memory}`] = Float64Array.from(y);
      return { s, y };
    });
    const newest = pairs.at(-1)!;
    const gamma = dot(newest.s, newest.y) / dot(newest.y, newest.y);
    let h = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? gamma : 0)));
    for (const { s, y } of pairs.slice(-memory)) h = materialisedUpdate(h, s, y);
    const gradient = Float64Array.from({ length: n }, () => random.normal());
    expect(
      relativeError(
        lbfgsDirection({ capacity: memory, pairs: count, ...slots }, gradient),
        h.map((row) => -dot(row, gradient)),
      ),
    ).toBeLessThan(1e-12);
  });

  it('shares the pairs that it keeps with the state before', async () => {
    const objective = quadratic([
      [3, 1],
      [1, 2],
    ]);
    const optimizer = lbfgs({ memory: 3 });
    const { state: first } = await optimizer.step(optimizer.init(objective, Float64Array.of(1, 1)), {
      objective,
      generator: generator(0),
    });
    const { state: second } = await optimizer.step(first, { objective, generator: generator(0) });
    expect([first.pairs, second.pairs]).toEqual([1, 2]);
    expect(second['s.0']).toBe(first['s.0']);
    expect(second['y.0']).toBe(first['y.0']);
    expect(second['s.1']).not.toEqual(first['s.1']);
  });

  it('skips a pair whose curvature is not positive', async () => {
    // Along −x² the search finds no curvature condition: sᵀy < 0.
    const objective = quadratic([
      [-1, 0],
      [0, 1],
    ]);
    let state = lbfgs().init(objective, Float64Array.of(1, 0));
    for (let k = 0; k < 3; k++) ({ state } = await lbfgs().step(state, { objective, generator: generator(0) }));
    expect(state.pairs).toBe(0);
  });

  it('looks at one gradient a step where the first trial is good', async () => {
    const objective = rosenbrock();
    const { reports } = await path(lbfgs(), objective, rosenbrockStart, 60, 1e-12);
    expect(objective.work()).toBeLessThan(2 * reports.length);
    expect(reports.at(-1)!.details.lossAfter).toBeLessThan(1e-12);
  });

  it('refuses a memory of no pairs', () => {
    expect(() => lbfgs({ memory: 0 })).toThrow(InputError);
    expect(() => lbfgs({ memory: 2.5 })).toThrow('at least one pair');
  });
});

describe('BFGS', () => {
  it('has the inverse Hessian of a quadratic after enough steps', async () => {
    const a = [
      [4, 1, 0],
      [1, 3, 1],
      [0, 1, 2],
    ];
    const objective = quadratic(a);
    const method = bfgs();
    let state = method.init(objective, Float64Array.of(3, -2, 5));
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 25; k++) {
      const { state: next, report } = await method.step(state, { objective, generator: generator(0) });
      if (!report.accepted) break;
      state = next;
      // A·H − I.
      const error = a.flatMap((row, i) =>
        row.map(
          (_, j) =>
            dot(
              row,
              [0, 1, 2].map((k) => state.inverse[3 * k + j]!),
            ) - (i === j ? 1 : 0),
        ),
      );
      best = Math.min(best, Math.max(...error.map(Math.abs)));
    }
    expect(best).toBeLessThan(1e-4);
  });
});

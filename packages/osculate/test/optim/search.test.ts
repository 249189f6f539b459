import { describe, expect, it } from 'vitest';
import { backtracking, fullStep, strongWolfe } from '../../src/optim/index.js';
import type { Line } from '../../src/optim/search/line-search.js';

/** A line over a function of the rate; what is not finite counts as +∞, as for an objective. */
function line(f: (t: number) => number, slope: (t: number) => number): Line & { readonly trials: number[] } {
  const trials: number[] = [];
  const at = async (rate: number) => {
    trials.push(rate);
    const value = f(rate);
    return {
      rate,
      value: Number.isFinite(value) ? value : Number.POSITIVE_INFINITY,
      parameters: Float64Array.of(rate),
    };
  };
  return {
    value: f(0),
    slope: slope(0),
    roundoff: 0,
    trials,
    at,
    slopeAt: async (rate) => ({ ...(await at(rate)), gradient: Float64Array.of(slope(rate)), slope: slope(rate) }),
  };
}

const parabola = () =>
  line(
    (t) => (t - 1) ** 2,
    (t) => 2 * (t - 1),
  );
const barrier = () =>
  line(
    (t) => t - Math.log(1 - t) - 3 * t,
    (t) => -2 + 1 / (1 - t),
  );
const wavy = () =>
  line(
    (t) => -t - 0.3 * Math.sin(8 * t) + 0.05 * t * t,
    (t) => -1 - 2.4 * Math.cos(8 * t) + 0.1 * t,
  );
const far = () =>
  line(
    (t) => (t / 1000 - 1) ** 2,
    (t) => (t / 1000 - 1) / 500,
  );

describe('strong Wolfe search', () => {
  it.each([
    ['a parabola, first rate too short', parabola, 0.01],
    ['a parabola, first rate too long', parabola, 50],
    ['a barrier, first rate outside the domain', barrier, 10],
    ['many local minima', wavy, 1],
    ['a minimum far away', far, 1],
  ])('%s: both conditions hold', async (_, make, first) => {
    const l = make();
    const point = await strongWolfe()(l, first);
    expect(point!.value).toBeLessThanOrEqual(l.value + 1e-4 * point!.rate * l.slope);
    expect(Math.abs(point!.slope)).toBeLessThanOrEqual(-0.9 * l.slope);
    expect(l.trials.length).toBeLessThan(20);
  });

  it('finds an accurate minimum when asked to', async () => {
    const point = await strongWolfe({ curvature: 1e-3 })(barrier(), 0.1);
    expect(point!.rate).toBeCloseTo(0.5, 3);
  });

  it('gives the best point of a line without a lower bound, after so many trials', async () => {
    const point = await strongWolfe({ trials: 5 })(
      line(
        (t) => -t,
        () => -1,
      ),
      1,
    );
    expect(point!.rate).toBe(16);
  });

  it('gives none where nothing is finite', async () => {
    const l = line(
      (t) => (t === 0 ? 1 : Number.NaN),
      () => -1,
    );
    expect(await strongWolfe()(l, 1)).toBeNull();
  });
});

describe('backtracking', () => {
  it('takes a first rate that is good enough, by one value', async () => {
    const l = parabola();
    expect((await backtracking()(l, 1))!.rate).toBe(1);
    expect(l.trials).toEqual([1]);
  });

  it('goes to the minimum of the parabola through what it knows', async () => {
    const l = parabola();
    expect((await backtracking()(l, 4))!.rate).toBeCloseTo(1, 12);
  });

  it('shrinks out of a domain where f is not finite, and gives up after so many trials', async () => {
    const point = await backtracking()(barrier(), 100);
    expect(point!.value).toBeLessThan(0);
    const never = line(
      (t) => (t === 0 ? 0 : 1),
      () => -1,
    );
    expect(await backtracking({ trials: 7 })(never, 1)).toBeNull();
    expect(never.trials.length).toBe(7);
  });
});

describe('full step', () => {
  it('is taken whether or not f falls, but not to where f is not finite', async () => {
    expect((await fullStep(parabola(), 9))!.rate).toBe(9);
    expect(await fullStep(barrier(), 9)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { type Generator, generator } from '../../src/tensor/index.js';

const n = 200_000;

/** Mean and variance of n draws. */
function moments(draw: () => number): { mean: number; variance: number } {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const x = draw();
    sum += x;
    squares += x * x;
  }
  return { mean: sum / n, variance: squares / n - (sum / n) ** 2 };
}

/** Pearson's statistic of observed counts against equal ones. */
function chiSquare(counts: readonly number[]): number {
  const wanted = counts.reduce((a, b) => a + b) / counts.length;
  return counts.reduce((sum, c) => sum + (c - wanted) ** 2 / wanted, 0);
}

describe('generator', () => {
  it('is xoshiro128**: the first outputs from state 1, 2, 3, 4 of the published code', () => {
    const g = generator([1, 2, 3, 4]);
    expect([g.uint32(), g.uint32(), g.uint32(), g.uint32()]).toEqual([11520, 0, 5927040, 70819200]);
  });

  // Bounds are five standard errors of the estimate.
  it('uniform has mean 1/2 and variance 1/12, in [0, 1)', () => {
    const g = generator(1);
    let [low, high] = [1, 0];
    const { mean, variance } = moments(() => {
      const x = g.uniform();
      low = Math.min(low, x);
      high = Math.max(high, x);
      return x;
    });
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
    expect(low).toBeGreaterThanOrEqual(0);
    expect(low).toBeLessThan(1e-3);
    expect(high).toBeLessThan(1);
    expect(high).toBeGreaterThan(1 - 1e-3);
  });

  it('normal has the first four moments of the standard normal', () => {
    const g = generator(2);
    const { mean, variance } = moments(() => g.normal());
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    const third = moments(() => g.normal() ** 3);
    expect(Math.abs(third.mean)).toBeLessThan(5 * Math.sqrt(15 / n));
    const fourth = moments(() => g.normal() ** 4);
    expect(Math.abs(fourth.mean - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it('rademacher is ±1 with mean 0', () => {
    const g = generator(3);
    const values = new Set<number>();
    const { mean, variance } = moments(() => {
      const x = g.rademacher();
      values.add(x);
      return x;
    });
    expect([...values].sort()).toEqual([-1, 1]);
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(variance).toBeCloseTo(1, 3);
  });

  it('integer is uniform for a modulus that does not divide 2^32', () => {
    const g = generator(4);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < n; i++) counts[g.integer(7)]!++;
    // 99.99 % of the chi-square distribution with 6 degrees of freedom.
    expect(chiSquare(counts)).toBeLessThan(27.9);
    expect(g.integer(1)).toBe(0);
    expect(g.integer(4294967296)).toBeLessThan(4294967296);
  });

  it('integer is the remainder of the first word that is not among the last 2^32 mod n', () => {
    for (const k of [1, 2, 7, 60_000, 2 ** 31 - 1, 2 ** 31 + 1, 3_000_000_000, 2 ** 32 - 1, 2 ** 32]) {
      const [g, words] = [generator(k), generator(k)];
      for (let i = 0; i < 1000; i++) {
        let x = BigInt(words.uint32());
        const refused = 2n ** 32n % BigInt(k);
        while (x >= 2n ** 32n - refused) x = BigInt(words.uint32());
        expect(g.integer(k)).toBe(Number(x % BigInt(k)));
      }
    }
  });

  it.each([0, -1, 1.5, 4294967297, Number.NaN])('integer refuses n = %d', (k) => {
    expect(() => generator(1).integer(k)).toThrow(RangeError);
    expect(() => generator(1).integer(k)).toThrow(`n = ${k}`);
  });

  it('permutations of 4 are equally likely', () => {
    const g = generator(5);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = g.permutation(4).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // 99.99 % of the chi-square distribution with 23 degrees of freedom.
    expect(chiSquare([...counts.values()])).toBeLessThan(60.0);
    expect([...g.permutation(100)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(g.permutation(0)).toHaveLength(0);
  });

  it('samples without repetition, every list of 2 of 4 equally likely', () => {
    const g = generator(7);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const key = g.sample(4, 2).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(
      [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].filter((b) => b !== a).map((b) => `${a}${b}`)),
    );
    // 99.99 % of the chi-square distribution with 11 degrees of freedom.
    expect(chiSquare([...counts.values()])).toBeLessThan(38.0);
    expect([...g.sample(100, 100)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(g.sample(3, 0)).toHaveLength(0);
    expect(() => g.sample(3, 4)).toThrow('4 of 3');
  });

  it('a sample of few of many is the beginning of the shuffle of a list', () => {
    for (const [n, count] of [
      [100_000, 0],
      [100_000, 1],
      [100_000, 300],
      [700, 10],
      [65, 1],
    ] as const) {
      const [g, h] = [generator(n + count), generator(n + count)];
      const list = Array.from({ length: n }, (_, i) => i);
      for (let i = 0; i < count; i++) {
        const j = i + h.integer(n - i);
        [list[i], list[j]] = [list[j]!, list[i]!];
      }
      expect([...g.sample(n, count)]).toEqual(list.slice(0, count));
      expect(g.state()).toEqual(h.state());
    }
  });

  it('resumes from a saved state, whatever was drawn before', () => {
    const g = generator(6);
    g.normal();
    g.permutation(5);
    const draws = (h: Generator): number[] => [h.normal(), h.uniform(), h.integer(10), h.rademacher(), h.normal()];
    const saved = JSON.parse(JSON.stringify(g.state())) as [number, number, number, number];
    expect(draws(generator(saved))).toEqual(draws(g));
  });

  it('gives the same numbers for the same seed and others for another, high bits included', () => {
    const first = (seed: number): number => generator(seed).uint32();
    expect(first(7)).toBe(first(7));
    expect(new Set([0, 1, 2, 4294967296, 8589934592, 4294967297].map(first)).size).toBe(6);
  });

  it('splits off a generator that shares no draws', () => {
    const g = generator(8);
    const h = g.split();
    const own = new Set(Array.from({ length: 1000 }, () => g.uint32()));
    expect(Array.from({ length: 1000 }, () => h.uint32()).filter((x) => own.has(x))).toHaveLength(0);
    // Correlation of two independent uniform sequences: standard error 1/√n.
    const { mean } = moments(() => (g.uniform() - 0.5) * (h.uniform() - 0.5) * 12);
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nameList, numberList } from '../../src/command-line/lists.js';
import { sweep } from '../../src/commands/sweep.js';
import { sweepHtml } from '../../src/report/sweep/html.js';
import { conditionText } from '../../src/report/sweep/text.js';
import type { ConditionSweep, SweepPoint } from '../../src/sweep/condition-sweep.js';
import { sweepMethodNames, sweepMethods } from '../../src/sweep/methods.js';
import { fitSlope, runSweep, type SweepSettings } from '../../src/sweep/run-sweep.js';
import { accident, recordedStreams, testFolder } from '../analysis-support.js';

const settings: SweepSettings = {
  conditions: [10, 30, 100, 300, 1000],
  size: 50,
  tolerance: 1e-8,
  maxSteps: 20_000,
};
const never = new AbortController().signal;

async function swept(optimizers: readonly string[], change: Partial<SweepSettings> = {}): Promise<ConditionSweep> {
  return (await runSweep(sweepMethods(optimizers), { ...settings, ...change }, () => {}, never))!;
}

/** The steps of gradient descent in exact arithmetic: f after t steps is Σ (1 − η·λᵢ)²ᵗ/n of f at the start. */
function descentSteps(condition: number, size: number, tolerance: number): number {
  const rate = 2 / (1 + 1 / condition);
  const factors = Array.from({ length: size }, (_, i) => (1 - rate * condition ** -(i / (size - 1))) ** 2);
  for (let [t, parts] = [0, factors.map(() => 1)]; ; t++, parts = parts.map((p, i) => p * factors[i]!)) {
    if (parts.reduce((sum, p) => sum + p, 0) / size <= tolerance) return t;
  }
}

const solved = (condition: number, count: number): SweepPoint => {
  return { condition, end: 'solved', count, steps: count, work: count, seconds: 0 };
};

describe('sweep over condition numbers', () => {
  const file = testFolder();

  it('counts the steps of gradient descent that its formula says', async () => {
    const { series } = await swept(['sgd']);
    const expected = settings.conditions.map((condition) => descentSteps(condition, 50, 1e-8));
    expect(series[0]!.points.map(({ count }) => count)).toEqual(expected);
    expect(series[0]!.points.every(({ work, steps }) => Math.abs(work - steps) < 1e-9)).toBe(true);
  });

  it('finds the slopes of the theory', async () => {
    const { series } = await swept(sweepMethodNames);
    const slopes = Object.fromEntries(series.map(({ method, fit }) => [method, fit!.slope]));
    expect(Math.abs(slopes.sgd! - 1)).toBeLessThan(0.05);
    expect(Math.abs(slopes['heavy-ball']! - 0.5)).toBeLessThan(0.08);
    expect(Math.abs(slopes.nesterov! - 0.5)).toBeLessThan(0.08);
    expect(slopes['newton-cg']).toBeLessThan(0.55);
    expect(slopes['newton-cg']).toBeGreaterThan(0.2);
    expect(slopes.lbfgs).toBeLessThan(0.6);
    for (const name of ['newton', 'gauss-newton']) {
      const { points, fit } = series.find(({ method }) => method === name)!;
      expect(points.map(({ count }) => count)).toEqual(settings.conditions.map(() => 1));
      expect(fit).toMatchObject({ slope: 0, low: 0, high: 0 });
    }
  });

  it('leaves what the cap cut off out of the fit, and does not run harder ones', async () => {
    const { series } = await swept(['sgd'], { maxSteps: 500 });
    const { points, fit } = series[0]!;
    expect(points.map(({ end }) => end)).toEqual(['solved', 'solved', 'solved', 'cap', 'skipped']);
    expect(points[3]).toMatchObject({ count: 500, steps: 500 });
    expect(fit!.points).toBe(3);
  });

  it('fits the exponent with its interval', () => {
    const exact = [1, 10, 100, 1000].map((k) => solved(k, 3 * k ** 0.5));
    const { slope, low, high, factor, lastDecade } = fitSlope(exact)!;
    for (const value of [slope, low, high, lastDecade]) expect(value).toBeCloseTo(0.5, 12);
    expect(factor).toBeCloseTo(3, 12);
    // Residuals ∓1/3, ±1 … of ln count on ln κ = 0, 1, 2: slope 1 ± t(1)·s/√2 with s² = 2/3·d², d = 0.1.
    const three = [solved(1, 1), solved(Math.E, Math.E * Math.exp(0.3)), solved(Math.E ** 2, Math.E ** 2)];
    const found = fitSlope(three)!;
    expect(found.slope).toBeCloseTo(1, 12);
    expect(found.high - found.slope).toBeCloseTo(12.7062 * Math.sqrt((6 * 0.01) / 1 / 2), 3);
    expect(fitSlope(exact.slice(0, 2))).toBeUndefined();
  });

  it('runs other optimizers with their settings, and says when one cannot go on', async () => {
    const { series } = await swept(['sgd:learningRate=3', 'bfgs']);
    expect(series[0]!.title).toBe('SGD (learningRate=3)');
    expect(series[0]!.points.every(({ end }) => end !== 'solved')).toBe(true);
    expect(series[0]!.fit).toBeUndefined();
    expect(series[1]!.points.every(({ end }) => end === 'solved')).toBe(true);
    expect(series[1]!.theory).toBeUndefined();
  });

  it('prints tables or JSON, and writes page and figure', async () => {
    const { printed, ...streams } = recordedStreams();
    const options = {
      optimizers: ['sgd', 'newton'],
      settings: { ...settings, maxSteps: 500 },
      signal: never,
      ...streams,
    };
    expect(await sweep({ ...options, html: file('s.html'), svg: file('figures'), json: false })).toBe(0);
    expect(printed.stdout).toMatch(/^κ +Gradient descent +Newton \(line search\)$/m);
    expect(printed.stdout).toMatch(/^1e1 +\d+ +1$/m);
    expect(printed.stdout).toMatch(/> 500/);
    expect(printed.stdout).toMatch(/^Gradient descent +(0\.9|1\.0)\d+ .* 1 +3 +rate/m);
    expect(printed.stdout).toContain('reached the cap of 500 steps');
    const html = readFileSync(file('s.html'), 'utf8');
    expect(html.match(/<svg/g)).toHaveLength(1);
    expect(html).not.toMatch(accident);
    expect(html).toContain('Open triangles: runs that reached the cap.');
    expect(sweepHtml(await swept(['newton']))).not.toContain('triangles');
    expect(readFileSync(file('figures/sweep-condition.svg'), 'utf8')).toMatch(
      /^<svg[\s\S]*background: #fff[\s\S]*<\/svg>\n$/,
    );
    printed.stdout = '';
    await sweep({ ...options, json: true });
    expect((JSON.parse(printed.stdout) as ConditionSweep).series[1]!.points).toHaveLength(5);
  });

  it('ends with status 130 when interrupted', async () => {
    const { printed, ...streams } = recordedStreams();
    const hard = { ...settings, conditions: [1e6, 1e7, 1e8], maxSteps: 1e9 };
    const options = { optimizers: ['sgd'], settings: hard, json: false, ...streams };
    expect(await sweep({ ...options, signal: AbortSignal.timeout(20) })).toBe(130);
    expect(printed.stdout).toBe('');
  });

  it('refuses what makes no sense', async () => {
    await expect(swept(['sgd'], { conditions: [10, 100] })).rejects.toThrow('at least three different ones');
    await expect(swept(['sgd'], { tolerance: 1 })).rejects.toThrow('--tolerance is 1');
    await expect(swept(['sgd'], { maxSteps: 0 })).rejects.toThrow('--max-steps is 0');
    await expect(swept(['sgd'], { size: 1 })).rejects.toThrow('size must be 2 to 1000');
    expect(() => sweepMethods(['sdg'])).toThrow('there is no optimizer "sdg"');
    expect(nameList('sgd, newton')).toEqual(['sgd', 'newton']);
    expect(() => nameList('sgd,sgd')).toThrow('twice');
    expect(() => nameList('sgd,')).toThrow('empty');
    expect(numberList('1e1, 100')).toEqual([10, 100]);
    expect(() => numberList('1e1,x')).toThrow('"x" is not a finite number');
  });

  it('writes condition numbers as powers of ten with a factor where that is not one', () => {
    expect([10, 1e8, 30, 31.6228, 31_622_800, 1].map(conditionText)).toEqual([
      ...['1e1', '1e8', '3e1', '3.162e1', '3.162e7', '1e0'],
    ]);
  });
});

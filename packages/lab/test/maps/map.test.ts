import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { map } from '../../src/commands/map.js';
import type { BasinMap, OptimizerMap } from '../../src/maps/basin-map.js';
import { mapDefaults } from '../../src/maps/defaults.js';
import { kindOf } from '../../src/maps/endings.js';
import { type MapSettings, runMap } from '../../src/maps/run-map.js';
import { problemNamed } from '../../src/problems/index.js';
import { mapPixels, shadeRange } from '../../src/report/maps/charts.js';
import { shareCells } from '../../src/report/maps/text.js';
import { accident, recordedStreams, testFolder } from '../analysis-support.js';

const settings: MapSettings = { grid: 10, maxSteps: 500, tolerance: 1e-8 };
const never = new AbortController().signal;

async function mapped(problem: string, optimizers: string, change: Partial<MapSettings> = {}): Promise<BasinMap> {
  return (await runMap(problemNamed(problem), { ...settings, optimizers, ...change }, () => {}, never))!;
}

/** Share of starts that end in a kind of point. */
function share({ endings }: BasinMap, { shares }: OptimizerMap, kind: string): number {
  return shares.reduce((sum, s, k) => sum + (endings[k]!.kind === kind ? s : 0), 0);
}

/** The cube root of one that a point is: 0, 1 or −1. Not −0. */
const third = (x: number, y: number): number => Math.round(Math.atan2(y, x) / ((2 * Math.PI) / 3)) + 0;

/** Newton's method for z³ = 1 in complex arithmetic: the root that it ends at, and the steps until 2·|3z²|·|z³ − 1| ≤ tolerance. */
function complexNewton(x: number, y: number, tolerance: number): { angle: number; steps: number } {
  for (let steps = 0; ; steps++) {
    const [x2, y2] = [x * x - y * y, 2 * x * y];
    const [px, py] = [x2 * x - y2 * y - 1, x2 * y + y2 * x];
    const size = 3 * Math.hypot(x2, y2);
    if (2 * size * Math.hypot(px, py) <= tolerance) return { angle: third(x, y), steps };
    const [dx, dy] = [3 * x2, 3 * y2];
    x -= (px * dx + py * dy) / size ** 2;
    y -= (py * dx - px * dy) / size ** 2;
  }
}

describe('osculate map', () => {
  const file = testFolder();

  it('tells stationary points apart by their Hessians', () => {
    expect(kindOf(2, 0, 1)).toBe('minimum');
    expect(kindOf(1, 2, 1)).toBe('saddle');
    expect(kindOf(-2, 1, -3)).toBe('maximum');
    expect(kindOf(1, 1, 1)).toBe('degenerate');
    expect(kindOf(0, 0, 0)).toBe('degenerate');
  });

  it('finds the stationary points of Himmelblau’s function, and that only plain Newton ends in saddles', async () => {
    const result = await mapped('himmelblau', 'plain-newton,newton,trust-region,saddle-free-newton,lbfgs');
    const points = (kind: string) => result.endings.filter((e) => e.kind === kind).map(({ point }) => point!.x);
    const minima = [
      [3.584428, -1.848126],
      [3, 2],
      [-2.805118, 3.131312],
      [-3.77931, -3.283186],
    ];
    points('minimum').forEach((x, i) => {
      expect(x).toEqual(minima[i]!.map((v) => expect.closeTo(v, 5)));
    });
    expect(points('minimum')).toHaveLength(4);
    expect(points('saddle')).toHaveLength(4);
    expect(points('maximum')).toEqual([[expect.closeTo(-0.270845, 5), expect.closeTo(-0.923039, 5)]]);
    const [plain, ...safe] = result.maps;
    expect(share(result, plain!, 'saddle')).toBeGreaterThan(0.1);
    expect(share(result, plain!, 'maximum')).toBeGreaterThan(0.01);
    for (const one of safe) expect([one.spec, one.success]).toEqual([one.spec, 1]);
    for (const { ends, steps, shares, successSteps } of result.maps) {
      expect([ends.length, steps.length]).toEqual([100, 100]);
      expect(shares.reduce((sum, s) => sum + s, 0)).toBeCloseTo(1, 12);
      expect(successSteps!.median).toBeLessThanOrEqual(successSteps!.high);
    }
  });

  it('draws Newton’s fractal: Gauss-Newton with full steps is Newton’s method for z³ = 1', async () => {
    const { endings, maps, window, grid } = await mapped('cube-roots', 'plain-gauss-newton', { grid: 16 });
    const [x0, x1, y0, y1] = window;
    const { ends, steps } = maps[0]!;
    ends.forEach((end, i) => {
      const at = (low: number, high: number, k: number) => low + ((k + 0.5) / grid) * (high - low);
      const expected = complexNewton(at(x0, x1, i % grid), at(y0, y1, Math.floor(i / grid)), 1e-8);
      const [x, y] = endings[end]!.point!.x;
      expect([i, third(x, y)]).toEqual([i, expected.angle]);
      expect(Math.abs(steps[i]! - expected.steps)).toBeLessThanOrEqual(1);
    });
  });

  it('says which runs leave and which are not there yet', async () => {
    const saddle = await mapped('monkey-saddle', 'sgd:learningRate=0.05,plain-newton');
    expect(share(saddle, saddle.maps[0]!, 'away')).toBeGreaterThan(0.5);
    expect(share(saddle, saddle.maps[1]!, 'degenerate')).toBeGreaterThan(0.9);
    const valley = await mapped('rosenbrock', 'sgd:learningRate=0.0005', { maxSteps: 20 });
    expect(share(valley, valley.maps[0]!, 'unfinished')).toBeGreaterThan(0.5);
    expect(valley.maps[0]!.success).toBe(0);
    expect(valley.maps[0]!.successSteps).toBeUndefined();
  });

  it('shades a basin from light to dark with the steps, the lowest row of starts at the bottom', () => {
    const one = {
      spec: 's',
      title: 's',
      shares: [1, 0],
      success: 1,
      work: 1,
      ends: [0, 0, 0, 1],
      steps: [1, 5, 9, 500],
    };
    const endings = [{ kind: 'minimum', point: { x: [0, 0], f: 0 } }, { kind: 'unfinished' }] as const;
    const base = {
      problem: 'p',
      title: 'p',
      window: [0, 1, 0, 1],
      grid: 2,
      maxSteps: 500,
      tolerance: 1,
      seconds: 1,
    } as const;
    const rgb = mapPixels({ ...base, endings, maps: [one] }, one);
    const brightness = (pixel: number) => rgb[3 * pixel]! + rgb[3 * pixel + 1]! + rgb[3 * pixel + 2]!;
    // Pixels run from the top left: starts 2, 3, 0, 1.
    expect(brightness(2)).toBeGreaterThan(brightness(3));
    expect(brightness(3)).toBeGreaterThanOrEqual(brightness(0));
    expect(brightness(1)).toBeLessThan(100);
  });

  it('takes the scale of shades from the runs that end at a point, and has no row for what no run ends in', () => {
    const endings = [
      { kind: 'minimum', point: { x: [0, 0], f: 0 } },
      { kind: 'away' },
      { kind: 'unfinished' },
    ] as const;
    const about = { problem: 'p', title: 'p', window: [0, 1, 0, 1], grid: 2, maxSteps: 500, tolerance: 1 } as const;
    const one = (ends: readonly number[], shares: readonly number[]) => {
      const run = { spec: 's', title: 's', success: 0.5, work: 1, ends, shares, steps: [3, 40, 90, 500] };
      return { run, map: { ...about, seconds: 1, endings, maps: [run] } };
    };
    const some = one([1, 0, 0, 2], [0.5, 0.25, 0.25]);
    expect(shadeRange(some.map, some.run)).toEqual([40, 40]);
    const none = one([1, 1, 1, 2], [0, 0.75, 0.25]);
    expect(shadeRange(none.map, none.run)).toEqual([3, 40]);
    const named = ({ map: of }: typeof some) => shareCells(of).map(([name]) => name);
    expect(named(some)).toEqual(['ended in', 'minimum (0, 0)', 'away, or not finite', 'not there yet, or stuck']);
    expect(named(one([0, 0, 0, 0], [1, 0, 0]))).toEqual(['ended in', 'minimum (0, 0)']);
  });

  it('prints shares or JSON, and writes a page with a picture for each optimizer', async () => {
    const { printed, ...streams } = recordedStreams();
    const chosen = { ...settings, grid: 4, optimizers: 'newton,bfgs' };
    const options = { problem: 'beale', settings: chosen, html: file('m.html'), signal: never, ...streams };
    expect(await map({ ...options, svg: file('figures'), json: false })).toBe(0);
    expect(printed.stdout).toMatch(/^Beale’s function from 4 × 4 starts with x in \[-4.5, 4.5\]/);
    expect(printed.stdout).toMatch(/^minimum \(3, 0.5\) +0 +\d+\.\d %/m);
    const html = readFileSync(file('m.html'), 'utf8');
    expect(html.match(/data:image\/png;base64,/g)).toHaveLength(2);
    expect(html.replace(/data:image[^"]*/g, '')).not.toMatch(accident);
    expect(readFileSync(file('figures/map-beale-bfgs.svg'), 'utf8')).toMatch(/^<svg/);
    printed.stdout = '';
    await map({ ...options, json: true });
    expect((JSON.parse(printed.stdout) as BasinMap).maps[1]!.ends).toHaveLength(16);
  });

  it('ends with status 130 when interrupted', async () => {
    const { printed, ...streams } = recordedStreams();
    const options = { problem: 'rosenbrock', html: file('m.html'), json: false, ...streams };
    const long = { grid: 500, maxSteps: 1e6, tolerance: 1e-8, optimizers: 'sgd:learningRate=0.0005' };
    expect(await map({ ...options, settings: long, signal: AbortSignal.timeout(20) })).toBe(130);
    expect(printed.stdout).toBe('');
  });

  it('has a window and optimizers for every function of two variables, and refuses others', async () => {
    expect(mapDefaults('mgh:3', [0, 1]).window).toEqual([-2, 2, -1, 3]);
    expect(mapDefaults('himmelblau', [0, 0]).optimizers[0]).toBe('plain-newton');
    await expect(mapped('quadratic:10', 'sgd')).rejects.toThrow('has 20 variables; a map is of a function of two');
    await expect(mapped('mnist-mlp:rows=10', 'sgd')).rejects.toThrow('is not a function of a vector in float64');
    await expect(mapped('beale', 'sgd', { window: [0, 1, 2] })).rejects.toThrow('--window is 0,1,2');
    await expect(mapped('beale', 'sgd', { window: [1, 0, 0, 1] })).rejects.toThrow('x0 < x1');
    await expect(mapped('beale', 'sgd', { grid: 1 })).rejects.toThrow('--grid is 1');
    await expect(mapped('beale', 'sgd', { maxSteps: 0 })).rejects.toThrow('--max-steps is 0');
    await expect(mapped('beale', 'sdg')).rejects.toThrow('there is no optimizer "sdg"');
  });
});

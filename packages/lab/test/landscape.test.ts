import { readFileSync, writeFileSync } from 'node:fs';
import { writeSafetensors } from 'osculate/data';
import { squaredError } from 'osculate/nn';
import { generator, ndarray } from 'osculate/tensor';
import { describe, expect, it } from 'vitest';
import type { LandscapeSettings } from '../src/analysis/landscape.js';
import { directionList } from '../src/command-line/directions.js';
import { landscape } from '../src/commands/landscape.js';
import type { LandscapeData } from '../src/landscape.js';
import type { Problem } from '../src/problems/problem.js';
import { accident, recordedStreams, small, smallTarget, testFolder } from './analysis-support.js';

describe('osculate landscape', () => {
  const file = testFolder();

  async function run(change: Partial<LandscapeSettings>, { json = true, problem = small } = {}) {
    const { printed, ...streams } = recordedStreams();
    const settings: LandscapeSettings = {
      directions: ['random', 'random'],
      resolution: 5,
      tolerance: 0.1,
      trajectory: [],
      seed: 1,
      ...change,
    };
    const html = file('page.html');
    const status = await landscape({ target: smallTarget, settings, threads: 1, html, json, ...streams }, problem);
    return { status, ...printed, page: readFileSync(html, 'utf8') };
  }

  /** Three points of a run, as safetensors. */
  function trajectory(): string[] {
    const random = generator(8);
    return [3, 2, 1].map((k) => {
      const path = file(`step-${k}.safetensors`);
      const data = Float32Array.from({ length: 66 }, () => (k * random.normal()) / 10);
      writeFileSync(path, writeSafetensors({ 'state.parameters': { dtype: 'f32', shape: [66], data } }));
      return path;
    });
  }

  it('prints JSON: the loss on a grid, the same for the same seed', async () => {
    const { status, stdout, stderr } = await run({});
    expect(status).toBe(0);
    expect(stderr).toMatch(/^report: .*page\.html\n$/);
    const data = JSON.parse(stdout) as LandscapeData;
    expect(data.axes).toEqual([
      [-1, -0.5, 0, 0.5, 1],
      [-1, -0.5, 0, 0.5, 1],
    ]);
    expect(data.losses).toHaveLength(25);
    expect(data.losses[12]).toBe(data.quadratic.value);
    expect(data.modelled[12]).toBe(data.quadratic.value);
    expect(data.directions.map(({ name }) => name)).toEqual([
      'random 1, filter-normalised',
      'random 2, filter-normalised',
    ]);
    const again = JSON.parse((await run({})).stdout) as LandscapeData;
    expect(again.losses).toEqual(data.losses);
    expect((JSON.parse((await run({ seed: 2 })).stdout) as LandscapeData).losses).not.toEqual(data.losses);
  });

  it('writes a page with contours, a surface and two slices for a plane', async () => {
    const { page, stdout } = await run({}, { json: false });
    expect(stdout).toMatch(/^loss of small around its initial point, over 12 examples: 5 × 5 points in 66 dimensions/);
    expect(stdout).toMatch(/here +\d/);
    expect(stdout).toContain('The quadratic model is ');
    expect(page.match(/<svg/g)).toHaveLength(3);
    expect(page.match(/<canvas/g)).toHaveLength(1);
    expect(page.replace(/<script>[\s\S]*?<\/script>/g, '')).not.toMatch(accident);
    const held = /class="surface-data">(.*?)<\/script>/.exec(page)![1]!;
    expect((JSON.parse(held) as { loss: number[] }).loss).toHaveLength(25);
  });

  it('draws one slice for a line along an eigenvector or the gradient', async () => {
    const { page, stdout } = await run({ directions: ['eigen'] });
    const { quadratic, directions, axes } = JSON.parse(stdout) as LandscapeData;
    expect(axes).toHaveLength(1);
    expect(page.match(/<svg/g)).toHaveLength(1);
    expect(page).not.toContain('<canvas');
    // Half the curvature along a whole direction is the loss itself.
    expect(quadratic.curvatures[0]![0]! / 2 / quadratic.value).toBeCloseTo(1, 3);
    expect(directions[0]!.name).toMatch(/^eigenvector 1 \(λ = \d/);
    const steepest = JSON.parse((await run({ directions: ['gradient'] })).stdout) as LandscapeData;
    expect(steepest.quadratic.slopes[0]! / steepest.quadratic.value).toBeCloseTo(1, 3);
  });

  it('shows a trajectory in its principal plane', async () => {
    const files = trajectory();
    const { stdout, page } = await run({ directions: ['pca', 'pca'], trajectory: files });
    const { path, axes, directions } = JSON.parse(stdout) as LandscapeData;
    expect(path!.names).toEqual(['step-3.safetensors', 'step-2.safetensors', 'step-1.safetensors']);
    expect(path!.variance!.reduce((sum, v) => sum + v, 0)).toBeCloseTo(1, 6);
    expect(path!.explained).toBeLessThan(1);
    path!.coordinates.forEach((c) => {
      c.forEach((v, k) => {
        expect(v).toBeGreaterThan(axes[k]![0]!);
        expect(v).toBeLessThan(axes[k]!.at(-1)!);
      });
    });
    expect(directions[0]!.name).toMatch(/^principal direction 1 \(\d+\.\d % of variance\)$/);
    expect(page).toContain('share of the path seen');
  });

  it('has a direction where no parameter is a filter, and writes losses that are not finite as null', async () => {
    const vector: Problem = {
      ...small,
      executor: 'reference',
      load: async () => {
        const examples = { x: ndarray('f64', [0], [1, 1]), y: ndarray('f64', [0], [1, 1]) };
        const parameters = { v: ndarray('f64', [3, 4], [2]) };
        const model = (w: never) => (w as { v: import('osculate/tensor').Tensor }).v.exp().exp().sum().reshape([1, 1]);
        return { parameters, model, loss: squaredError(), train: examples, test: examples, measurements: {} };
      },
    };
    const { stdout, page } = await run({ range: 400 }, { problem: vector });
    const data = JSON.parse(stdout) as LandscapeData;
    expect(data.directions[0]).toEqual({ name: 'random 1', norm: 5 });
    expect(data.nonFinite).toBeGreaterThan(0);
    expect(data.losses.filter((v) => v === null)).toHaveLength(data.nonFinite);
    expect(page).toContain('points that are not finite');
  });

  it('rejects what makes no sense', async () => {
    await expect(run({ resolution: 2 })).rejects.toThrow('--resolution is 2; it must be at least 3');
    await expect(run({ directions: ['pca', 'pca'] })).rejects.toThrow(
      'needs a --trajectory of 3 files at least; there are 0',
    );
    await expect(run({ directions: ['random', 'random', 'random'] })).rejects.toThrow('takes one or two');
    await expect(run({ directions: ['gradient', 'gradient'] })).rejects.toThrow('only one gradient');
    await expect(run({ directions: ['pca', 'random'], trajectory: ['a', 'b'] })).rejects.toThrow('pca,pca');
    await expect(run({ range: 0 })).rejects.toThrow('--range is 0');
    await expect(run({ trajectory: [file('none')] })).rejects.toThrow(/none cannot be read/);
    expect(directionList('eigen, random')).toEqual(['eigen', 'random']);
    expect(() => directionList('up')).toThrow('There is no direction "up"');
  });
});

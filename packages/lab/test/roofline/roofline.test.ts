import { readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';
import { referenceExecutor } from 'osculate/runtime';
import { describe, expect, it } from 'vitest';
import { analysisTarget } from '../../src/analysis/target.js';
import { roofline } from '../../src/commands/roofline.js';
import { objectiveOn } from '../../src/problems/objective-on.js';
import type { Problem } from '../../src/problems/problem.js';
import { rooflineChart } from '../../src/report/roofline/charts.js';
import { programsOf } from '../../src/roofline/programs.js';
import { type Roofline, roofAt } from '../../src/roofline/roofline.js';
import { timed } from '../../src/roofline/timing.js';
import { accident, recordedStreams, small, smallTarget, testFolder } from '../analysis-support.js';

const settings = { threads: [1, 1], seconds: 0.01, seed: 0, sizes: { sides: [32, 64], length: 2 ** 14 } };

describe('osculate roofline', () => {
  const file = testFolder();

  async function run(change: { optimizers?: string; json?: boolean; problem?: Problem; signal?: AbortSignal } = {}) {
    const { json = true, problem = small, signal = new AbortController().signal, optimizers } = change;
    const { printed, ...streams } = recordedStreams();
    const files = { html: file('r.html'), svg: file('figures') };
    const chosen = optimizers === undefined ? {} : { optimizers };
    const status = await roofline(
      { target: smallTarget, settings, ...chosen, ...files, json, signal, ...streams },
      problem,
    );
    return { status, ...printed };
  }

  it('times at least five runs after two to warm up', async () => {
    let runs = 0;
    const timing = await timed(async () => runs++, 0);
    expect([runs, timing.samples]).toEqual([7, 5]);
    expect(timing.best).toBeLessThanOrEqual(timing.low);
    expect(timing.low).toBeLessThanOrEqual(timing.median);
    expect(timing.median).toBeLessThanOrEqual(timing.high);
  });

  it('counts the operations of the products, and less traffic for inputs and outputs than for all nodes', async () => {
    const target = await analysisTarget(smallTarget, small);
    const programs = programsOf(objectiveOn(referenceExecutor(), target, target.examples), target, 0);
    const [loss, gradient, hessian, gaussNewton] = programs;
    // Two products forwards; backwards two for the weights and one for the hidden units.
    const [first, second] = [2 * 12 * 5 * 7, 2 * 12 * 7 * 3];
    expect(loss!.flops).toBeGreaterThan(first + second);
    expect(loss!.flops).toBeLessThan(2 * (first + second));
    expect(gradient!.flops - loss!.flops).toBeGreaterThan(first + 2 * second);
    expect(hessian!.flops).toBeGreaterThan(gaussNewton!.flops);
    for (const { bytes, compulsory } of programs) expect(compulsory).toBeLessThan(bytes);
    // 66 parameters, twelve rows of five numbers, twelve targets, one loss.
    expect(loss!.compulsory).toBe(4 * (66 + 60 + 12 + 1));
  });

  it('runs the same product with the random vector that a difference of gradients gives', async () => {
    const target = await analysisTarget(smallTarget, small);
    const executor = referenceExecutor();
    const [, gradient, hessian] = programsOf(objectiveOn(executor, target, target.examples), target, 3);
    const [slope, product] = [await executor.load(gradient!.program), await executor.load(hessian!.program)];
    const vector = (i: number) => (hessian!.feeds[`vector.${i}`] as { data: Float32Array }).data;
    const names = Object.keys(gradient!.feeds).filter((name) => name.startsWith('parameters.'));
    const h = 1e-2;
    const moved = (sign: number) =>
      Object.fromEntries(
        Object.entries(gradient!.feeds).map(([name, array]) => {
          const i = names.indexOf(name);
          if (i < 0) return [name, array];
          const { data, ...rest } = array as { data: Float32Array; shape: number[]; dtype: 'f32' };
          return [name, { ...rest, data: data.map((v, k) => v + sign * h * vector(i)[k]!) }];
        }),
      );
    const [up, down] = [slope.runSync(moved(1)), slope.runSync(moved(-1))];
    const exact = product.runSync(hessian!.feeds);
    for (let i = 0; i < names.length; i++) {
      const [a, b, c] = [up[`gradient.${i}`]!, down[`gradient.${i}`]!, exact[`product.${i}`]!].map(
        (r) => r.data as Float32Array,
      );
      c!.forEach((v, k) => {
        expect((a![k]! - b![k]!) / (2 * h)).toBeCloseTo(v, 2);
      });
    }
  });

  it('measures the machine, the programs and the steps of optimizers', async () => {
    const { status, stdout } = await run({ optimizers: 'adam,lbfgs' });
    expect(status).toBe(0);
    const { machines, kernels, rows, size } = JSON.parse(stdout) as Roofline;
    expect([rows, size]).toEqual([12, 66]);
    expect(machines).toHaveLength(1);
    expect([32, 64]).toContain(machines[0]!.side);
    expect(machines[0]!.bandwidth).toBeGreaterThan(1e6);
    expect(kernels.map(({ name }) => name)).toEqual([
      'loss',
      'gradient',
      'Hessian product',
      'Gauss-Newton product',
      'step of adam',
      'step of lbfgs',
    ]);
    const [, gradient, , , adam] = kernels;
    // A step of Adam runs the gradient over all twelve rows.
    expect(adam!.flops / gradient!.flops).toBeCloseTo(1, 12);
    expect(adam!.bytes).toBeUndefined();
    expect(roofAt({ threads: 1, peak: 100, side: 1, bandwidth: 10 }, 3)).toBe(30);
    expect(roofAt({ threads: 1, peak: 100, side: 1, bandwidth: 10 }, 30)).toBe(100);
  });

  it('prints tables, and writes page and figure', async () => {
    const { stdout, stderr } = await run({ json: false });
    expect(stdout).toMatch(/^threads +peak GFLOP\/s +of a product +GB\/s +ridge flop\/byte$/m);
    expect(stdout).toMatch(/^Gauss-Newton product +1 .*%$/m);
    expect(stderr).toMatch(/report: .*r\.html\nfigure: .*roofline\.svg\n$/);
    const html = readFileSync(file('r.html'), 'utf8');
    expect(html).not.toMatch(accident);
    expect(html.match(/<svg/g)).toHaveLength(1);
    expect(readFileSync(file('figures/roofline.svg'), 'utf8')).toMatch(/^<svg/);
  });

  it('refuses float64 problems and optimizers that do not fit, and ends with status 130 when interrupted', async () => {
    const vector: Problem = {
      ...small,
      load: async () => (await import('../../src/problems/index.js')).problemNamed('beale').load(0),
    };
    await expect(run({ problem: vector })).rejects.toThrow('is in float64');
    await expect(run({ optimizers: 'levenberg-marquardt' })).rejects.toThrow(/sum of squares|residuals/);
    await expect(run({ optimizers: 'adma' })).rejects.toThrow('there is no optimizer');
    const { status, stdout } = await run({ signal: AbortSignal.abort() });
    expect([status, stdout]).toEqual([130, '']);
  });

  it('writes the names of roofs apart from each other, however near they are', () => {
    const machine = { threads: 1, peak: 69.75e9, side: 512, bandwidth: 10e9 };
    const machines = [machine, { ...machine, threads: 2 }, { ...machine, threads: 4, peak: 70e9 }];
    const timing = { median: 1, low: 1, high: 1, best: 1, samples: 5 };
    const kernels = [{ name: 'loss', threads: 1, flops: 1e9, bytes: 1e8, compulsory: 1e7, timing }];
    const about = { title: 't', rows: 1, size: 1, processor: 'p', seconds: 1 };
    const { document } = parseHTML(rooflineChart({ ...about, machines, kernels } as unknown as Roofline));
    const shift = (element: { getAttribute(name: string): string | null } | null): number =>
      Number(/translate\([^,]*,([^)]*)\)/.exec(element?.getAttribute('transform') ?? '')?.[1] ?? 0);
    const heights = [...document.querySelectorAll('text')]
      .filter((text) => text.textContent!.includes('GFLOP/s') && text.textContent!.includes('thread'))
      .map((text) => shift(text) + shift(text.parentElement))
      .sort((a, b) => a - b);
    expect(heights).toHaveLength(3);
    expect(heights[1]! - heights[0]!).toBeGreaterThan(12);
    expect(heights[2]! - heights[1]!).toBeGreaterThan(12);
  });
});

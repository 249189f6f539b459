import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activation, dense, sequential, softmaxCrossEntropy } from 'osculate/nn';
import { generator, ndarray } from 'osculate/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SpectrumOptions, spectrum } from '../src/commands/spectrum.js';
import type { Problem } from '../src/problems/problem.js';
import type { Spectrum } from '../src/spectrum.js';
import { UsageError } from '../src/usage-error.js';

/** A classifier of 66 parameters in place of the built-in problem. */
const small: Problem = {
  name: 'small',
  title: 'A small classifier',
  description: 'Five numbers in three classes.',
  lossName: 'cross-entropy',
  errorName: 'cross-entropy',
  tuning: '',
  load: async (seed) => {
    const random = generator(seed);
    const layer = sequential([dense(5, 7), activation('tanh'), dense(7, 3)]);
    const loss = softmaxCrossEntropy();
    const x = ndarray(
      'f32',
      Array.from({ length: 60 }, () => random.normal()),
      [12, 5],
    );
    const y = ndarray(
      'i32',
      Array.from({ length: 12 }, () => random.integer(3)),
      [12],
    );
    const examples = { x, y };
    return {
      parameters: layer.init(random),
      model: (weights, inputs) => layer.apply(weights, inputs),
      loss,
      train: examples,
      test: examples,
      error: loss.value,
    };
  },
};

describe('osculate spectrum', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'osculate-spectrum-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the command and takes what it prints. */
  async function run(change: Partial<SpectrumOptions>) {
    const printed = { stdout: '', stderr: '' };
    const terminal = (name: 'stdout' | 'stderr') => ({
      isTTY: false,
      write: (text: string) => {
        printed[name] += text;
        return true;
      },
    });
    const options: SpectrumOptions = {
      problem: 'small',
      matrix: 'ggn',
      rows: 12,
      count: 2,
      probes: 2,
      steps: 4,
      seed: 0,
      threads: 2,
      json: false,
      stdout: terminal('stdout') as never,
      stderr: terminal('stderr') as never,
      ...change,
    };
    const status = await (options.problem === 'small' ? spectrum(options, small) : spectrum(options));
    return { status, ...printed };
  }

  it('prints JSON with eigenvalues, totals and density', async () => {
    const { status, stdout, stderr } = await run({ json: true, matrix: 'hessian', count: 1 });
    expect(status).toBe(0);
    expect(stderr).toBe('');
    const result = JSON.parse(stdout) as Spectrum;
    expect(result.matrix).toBe('Hessian');
    expect(result.ends.map(({ which }) => which)).toEqual(['largest', 'smallest']);
    const [largest, smallest] = result.ends.map(({ values }) => values[0]!);
    expect(largest).toBeGreaterThan(0);
    expect(smallest).toBeLessThan(0);
    expect(result.squares.value).toBeGreaterThan(0);
    expect(result.applications).toBe(result.ends.reduce((sum, { applications }) => sum + applications, 8));
    expect(result.density.points).toHaveLength(401);
  });

  it('prints a table and writes a page', async () => {
    const html = join(folder, 'page.html');
    const { status, stdout, stderr } = await run({ html });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^GGN of small at its initial point, over 12 examples: 66 x 66; \d/);
    expect(stdout).toMatch(/largest 2 +\d.* converged/);
    expect(stdout).toMatch(/λ \(trace\) +\d/);
    expect(stderr).toMatch(/^report: .*page\.html\n$/);
    const page = readFileSync(html, 'utf8');
    expect(page.match(/<svg/g)).toHaveLength(2);
    expect(page).toContain('Eigenvalues of the GGN');
    expect(page).not.toMatch(/NaN|undefined|https?:\/\/(?!www\.w3\.org)/);
  });

  it('rejects what makes no sense', async () => {
    await expect(run({ problem: 'nothing' })).rejects.toThrow(UsageError);
    await expect(run({ rows: 0 })).rejects.toThrow('--rows is 0; it must be at least 1');
    await expect(run({ probes: 1 })).rejects.toThrow('--probes is 1');
    await expect(run({ rows: 10_000_000 })).rejects.toThrow(/training examples/);
  });
});

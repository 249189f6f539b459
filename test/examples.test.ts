import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));

function run(name: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [folder + name], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

/** What each example must print. */
const checks: Record<string, (output: string) => void> = {
  'fine-tune.mjs': (output) => {
    expect(output).toMatch(/convolution\s+conv2d_52\.w_0: /);
    expect(output).toMatch(/dense\s+fc_0\.w_0 and fc_0\.b_0: /);
    const rows = output.split('\n').map((line) => line.trim().split(/\s+/));
    const [start, adamw, kfac] = ['file', 'AdamW', 'K-FAC'].map((name) => rows.find((row) => row[0] === name)!);
    const accuracy = Number(start![3]);
    for (const row of [adamw!, kfac!]) {
      expect(Number(row[4])).toBeGreaterThan(accuracy + 0.05);
      expect(Number(row[5])).toBeLessThan(1e-5);
      expect(row[6]).toBe('unchanged');
    }
  },
  // The trajectory of pure Newton steps is known: see any text on Rosenbrock's function.
  'newton.mjs': (output) => {
    const values = [...output.matchAll(/f = (\S+)/g)].map(([, f]) => Number(f));
    [24.2, 4.731884325, 1411.845179, 0.05596551683, 0.3131890761].forEach((f, i) => {
      expect(values[i]! / f).toBeCloseTo(1, 8);
    });
    expect(values[5]).toBeLessThan(2e-11);
  },
  'rows-from-files.mjs': (output) => {
    const losses = [...output.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(3);
    expect(losses[2]).toBeLessThan(losses[0]!);
    const values = output
      .match(/matrix: (.*)/)![1]!
      .split(', ')
      .map(Number);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    expect(values[2]).toBeGreaterThan(0);
  },
  'per-example-gradients.mjs': (output) => {
    expect(output.trim().split('\n')).toEqual([
      'example 0: 2, 0, 0',
      'example 1: 0, -2, 0',
      'example 2: 0, 0, 4',
      'example 3: 4, 4, 4',
    ]);
  },
  'spirals.mjs': (output) => {
    const losses = [...output.matchAll(/loss (\S+),/g)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)!).toBeLessThan(0.02 * losses[0]!);
  },
};

/** Takes a minute to run: the tests of the lab read it. */
const study = 'study.yaml';

describe('examples', () => {
  it('are all here', () => expect(readdirSync(folder).sort()).toEqual([...Object.keys(checks), study].sort()));
  it.each(Object.entries(checks))('%s', (name, check) => check(run(name)), 60_000);
});

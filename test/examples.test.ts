import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { dense, exportOnnx, generator, sequential, tanh } from 'osculate';
import { encodeModel } from 'osculate/onnx';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
const root = fileURLToPath(new URL('../', import.meta.url));
let workplace = '';

beforeAll(() => {
  workplace = mkdtempSync(join(tmpdir(), 'osculate-examples-'));
  const model = sequential({ body: dense(2, 32), tanh: tanh(), head: dense(32, 2) });
  const file = exportOnnx(model, { parameters: model.init(generator(0)), inputs: { points: { shape: ['N', 2] } } });
  writeFileSync(join(workplace, 'model.onnx'), encodeModel(file));
});
afterAll(() => rmSync(workplace, { recursive: true }));

/** Runs an example as a user would, in a folder of its own: TypeScript loses its types, which the checks of types have seen. */
function run(name: string): string {
  let path = folder + name;
  if (name.endsWith('.ts')) {
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    path = join(root, `node_modules/.cache/osculate-example-${name}.mjs`);
    writeFileSync(path, outputText);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { cwd: workplace, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stripVTControlCharacters(stdout);
}

/** Lines of a program: without blank ones and comments. */
const linesOf = (name: string): number =>
  readFileSync(folder + name, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/\*\*)/.test(line)).length;

/** The tasks that must stay short. */
const longest = {
  'curve.ts': 6,
  'network.ts': 10,
  'curvature.ts': 5,
  'function.ts': 6,
  'onnx.ts': 8,
  'browser.ts': 12,
};

/** What each example must print. */
const checks: Record<string, (output: string) => void> = {
  'curve.ts': (output) => {
    expect(output).toMatch(/R²\s+0\.99/);
    const predicted = output
      .match(/at 7, 8, 9: (.*)/)![1]!
      .split(' ')
      .map(Number);
    expect(predicted).toEqual(predicted.toSorted((a, b) => b - a));
    expect(predicted[2]).toBeGreaterThan(0.9);
  },
  'network.ts': (output) => {
    expect(output).toMatch(/0\s+dense\(2, 32\)\s+96\s+\[rows, 32\]/);
    expect(output).toMatch(/total\s+162/);
    expect(Number(output.match(/accuracy: ([\d.]+)/)![1])).toBeGreaterThan(0.9);
    expect(existsSync(join(workplace, 'net.onnx'))).toBe(true);
  },
  'curvature.ts': (output) => {
    const values = [...output.matchAll(/[\d.]+(?=[,\n ])/g)].map(([v]) => Number(v)).filter((v) => v > 0);
    expect(values.slice(-5)).toEqual(values.slice(-5).toSorted((a, b) => b - a));
  },
  'function.ts': (output) => {
    expect(output).toMatch(/^24\.19/);
    const [g0, g1, h0, h1] = [...output.matchAll(/-?\d+\.?\d*/g)].slice(1, 5).map(Number);
    for (const [found, wanted] of [
      [g0, -215.6],
      [g1, -88],
      [h0, 1330],
      [h1, 480],
    ])
      expect(found! / wanted!).toBeCloseTo(1, 12);
    expect(output).toMatch(/status: 'converged'/);
  },
  'onnx.ts': (output) => {
    expect(Number(output.match(/accuracy: ([\d.]+)/)![1])).toBeGreaterThan(0.5);
    expect(existsSync(join(workplace, 'tuned.onnx'))).toBe(true);
  },
  'custom.ts': (output) => {
    const losses = output.trim().split(' ').map(Number);
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)!).toBeLessThan(1e-3 * losses[0]!);
  },
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
  'newton.ts': (output) => {
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
  'per-example-gradients.ts': (output) => {
    expect(output.replaceAll('-0', '0').trim().split('\n')).toEqual([
      'example 0: 2, 0, 0',
      'example 1: 0, -2, 0',
      'example 2: 0, 0, 4',
      'example 3: 4, 4, 4',
    ]);
  },
};

describe('examples', () => {
  // The one for a page is run in Chromium: see test/browser.
  const names = readdirSync(folder).filter((name) => /\.(mjs|ts)$/.test(name) && name !== 'browser.ts');
  it('are all checked', () => {
    expect(Object.keys(checks).toSorted()).toEqual(names.toSorted());
  });

  it.each(names)('%s runs and prints what it should', { timeout: 180_000 }, (name) => {
    checks[name]!(run(name));
  });

  it.each(['curve.ts', 'network.ts', 'function.ts', 'onnx.ts'])('%s is what the README shows', (name) => {
    const code = readFileSync(folder + name, 'utf8').replace(/\/\*\*.*?\*\/\n/s, '');
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(code);
  });

  it.each(Object.entries(longest))('%s is at most %i lines, without a cast', (name, most) => {
    expect(linesOf(name)).toBeLessThanOrEqual(most);
    const code = readFileSync(folder + name, 'utf8').replace(/\/\*\*.*?\*\//s, '');
    expect(code).not.toMatch(/(?<!\* )\bas\b|\bany\b|!\.|@ts-/);
  });
});

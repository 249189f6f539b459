import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Point } from '../src/study.js';

const cli = fileURLToPath(new URL('../bin/osculate.js', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the built command; `act` may do something to it while it runs. */
function osculate(cwd: string, args: readonly string[], act?: (child: ChildProcess) => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (d) => {
      stdout += d;
    });
    child.stderr.on('data', (d) => {
      stderr += d;
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    act?.(child);
  });
}

/** Calls `then` when `ready` first holds, looking every 20 ms. */
function when(ready: () => boolean, then: () => void): void {
  const timer = setInterval(() => {
    if (!ready()) return;
    clearInterval(timer);
    then();
  }, 20);
}

it('the command is a file that an install finds before anything is built, and is linked', () => {
  const { bin } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    bin: { osculate: string };
  };
  expect(fileURLToPath(new URL(`../${bin.osculate}`, import.meta.url))).toBe(cli);
  expect(bin.osculate).not.toContain('dist');
  const links = fileURLToPath(new URL('../../../node_modules/.bin/', import.meta.url));
  expect(readdirSync(links)).toContain('osculate');
});

describe('a reader that has seen enough', () => {
  it('is not an error', async () => {
    const { code, stderr } = await osculate(tmpdir(), ['problems'], (child) => child.stdout!.destroy());
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('osculate compare', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'osculate-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const adam = ['compare', '--optimizers', 'adam', '--threads', '1'];
  const runPath = (...parts: string[]) => join(folder, 'runs', readdirSync(join(folder, 'runs'))[0]!, 'adam', ...parts);
  const has = (...parts: string[]) => existsSync(join(folder, 'runs')) && existsSync(runPath(...parts));
  /** The lines that are complete: the run may be writing one. */
  const points = (): Point[] =>
    readFileSync(runPath('points.jsonl'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Point);

  it('prints a table and writes a report; nothing but the table goes to stdout', async () => {
    const all = ['compare', '--budget', '1', '--threads', '2', '--report', 'out.html'];
    const { code, stdout, stderr } = await osculate(folder, all);
    expect(stderr).toMatch(/^(not one step of .*\n)?report: out\.html {3}runs: runs\/.*\n$/);
    expect(code).toBe(0);
    const rows = stdout.split('\n').filter((line) => /MiB/.test(line));
    expect(rows.map((r) => r.split(/ {2,}/)[0])).toEqual([
      'Adam',
      'SGD with Nesterov momentum',
      'Hessian-free (Martens 2010) (gradientRows=1000)',
      'K-FAC (Martens and Grosse 2015)',
    ]);
    expect(readFileSync(join(folder, 'out.html'), 'utf8')).toContain('</html>');
  }, 120_000);

  it('goes on from the last checkpoint after Ctrl-C: nothing is lost and no point is there twice', async () => {
    const args = [...adam, '--budget', '4', '--json'];
    const first = await osculate(folder, args, (child) =>
      when(
        () => has('points.jsonl') && points().length >= 3,
        () => child.kill('SIGINT'),
      ),
    );
    expect(first.code).toBe(130);
    expect(first.stderr).toMatch(/interrupted: the work is saved/);
    expect(has('checkpoint.safetensors')).toBe(true);
    expect(has('summary.json')).toBe(false);
    const before = points();
    const second = await osculate(folder, args);
    expect(second.stderr).toMatch(/going on with the unfinished comparison/);
    expect(second.code).toBe(0);
    const after = points();
    expect(after.slice(0, before.length)).toEqual(before);
    const steps = after.map((p) => p.step);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    const { results } = JSON.parse(second.stdout) as { results: { last: Point }[] };
    expect(results[0]!.last).toEqual(after.at(-1));
    // Not the budget itself: a step that ends more than 5 % after it is not counted, and on a busy machine a step is long.
    expect(after.at(-1)!.seconds).toBeGreaterThan(before.at(-1)!.seconds);
    expect(after.at(-1)!.values.loss!).toBeLessThan(after[0]!.values.loss!);
  }, 120_000);

  it.each([
    [['compare', 'nothing'], /there is no problem "nothing"; there are rosenbrock, beale/],
    [['compare', '--optimizers', 'adma'], /there is no optimizer "adma"/],
    [['compare', '--budget', '-1'], /positive number/],
    [['compare', '--seed', '1.5'], /whole number/],
    [['compare', '--threads', '0'], /between 1 and 256/],
    [['compare', '--wat'], /unknown option/],
    [['wat'], /unknown command/],
  ])('%j is refused with status 2', async (args, message) => {
    const { code, stdout, stderr } = await osculate(folder, args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lists problems and optimizers as text and as JSON, and describes one problem', async () => {
    const list = await osculate(folder, ['problems']);
    expect([list.code, list.stderr]).toEqual([0, '']);
    expect(list.stdout).toMatch(/^quadratic:<condition> +a convex quadratic/m);
    const json = JSON.parse((await osculate(folder, ['problems', '--json'])).stdout) as {
      name: string;
      problem: object;
    }[];
    expect(json.find(({ name }) => name === 'mnist-mlp')!.problem).toMatchObject({ kind: 'supervised', dtype: 'f32' });
    const one = await osculate(folder, ['problems', 'poisson-2d:width=20']);
    expect(one.stdout).toMatch(/3 hidden layers of 20 units/);
    expect((await osculate(folder, ['problems', 'nothing'])).code).toBe(2);
    const methods = await osculate(folder, ['optimizers']);
    expect(methods.stdout).toMatch(/^ {2}kfac +K-FAC .*needs parameters that enter through products/m);
    const all = JSON.parse((await osculate(folder, ['optimizers', '--json'])).stdout) as {
      name: string;
      family: string;
    }[];
    expect(all.find(({ name }) => name === 'trust-region')!.family).toBe('Newton');
  }, 60_000);

  it('compares on a function until its target is reached', async () => {
    const args = [
      'compare',
      'rosenbrock',
      '--optimizers',
      'levenberg-marquardt,trust-region',
      '--budget',
      '5',
      '--json',
    ];
    const { code, stdout } = await osculate(folder, args);
    expect(code).toBe(0);
    const { results } = JSON.parse(stdout) as { results: { ending: string; last: Point }[] };
    expect(results.map(({ ending }) => ending)).toEqual(['solved', 'solved']);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('f − minimum against seconds');
  }, 60_000);

  it('--help ends with status 0 and says the exit statuses', async () => {
    const { code, stdout } = await osculate(folder, ['compare', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Exit status: 0 done/);
  });
});

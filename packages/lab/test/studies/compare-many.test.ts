import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { studyFileOf } from '../../src/commands/compare-many.js';
import { readStudyFile } from '../../src/studies/study-file.js';

const cli = fileURLToPath(new URL('../../bin/osculate.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compare-many-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function osculate(...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('a comparison as a study file', () => {
  const comparison = { problems: ['rosenbrock', 'quadratic:1e4'], seeds: [0, 1000], threads: 1 };

  it('has the optimizers that suit each problem, its own budget and no search', () => {
    const { problems, seeds } = readStudyFile(studyFileOf(comparison), 'x');
    expect(seeds).toEqual([0, 1000]);
    expect(problems.map(({ problem }) => problem)).toEqual(comparison.problems);
    expect(problems.every(({ budget, entrants }) => budget.seconds! > 0 && entrants.length > 1)).toBe(true);
    expect(problems.flatMap(({ entrants }) => entrants.flatMap(({ tuned }) => tuned ?? []))).toEqual([]);
  });

  it('searches with a seed that is not compared', () => {
    const text = studyFileOf({ ...comparison, optimizers: ['adam', 'lbfgs'], budget: 2, trials: 3 });
    const [{ tuning, entrants, budget }] = readStudyFile(text, 'x').problems as [
      ReturnType<typeof readStudyFile>['problems'][number],
    ];
    expect(budget).toEqual({ seconds: 2 });
    expect(tuning).toMatchObject({ trials: 3, seed: 1001 });
    expect(entrants.map(({ tuned }) => tuned?.values.length)).toEqual([3, undefined]);
  });
});

describe('osculate compare of several problems and seeds', () => {
  const args = [
    ...['compare', 'rosenbrock', 'quadratic:10', '--optimizers', 'adam,newton', '--seeds', '1-2', '--tune', '2'],
    ...['--budget', '0.05', '--threads', '1', '--json'],
  ];

  it('is a study with its file beside the runs; the same command makes nothing twice', () => {
    const first = osculate(...args);
    expect([first.status, first.stderr]).toEqual([0, expect.stringContaining('data: ')]);
    const report = JSON.parse(first.stdout);
    expect(report.problems.map((p: { problem: string }) => p.problem)).toEqual(['rosenbrock', 'quadratic:10']);
    expect(report.problems[0].entrants[0]).toMatchObject({ seeds: [1, 2], tuned: { setting: 'learningRate' } });
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('Performance profile');
    const runs = join(folder, 'runs', readdirSync(join(folder, 'runs'))[0]!);
    expect(existsSync(join(runs, 'study.yaml'))).toBe(true);
    const again = osculate(...args);
    expect(JSON.parse(again.stdout).problems).toEqual(report.problems);
    expect(readdirSync(join(folder, 'runs'))).toHaveLength(1);
  }, 120_000);

  it('does not mix with another comparison in the same folder', () => {
    const quick = ['compare', 'rosenbrock', 'beale', '-o', 'newton', '-b', '0.05', '--out', 'here'];
    expect(osculate(...quick).status).toBe(0);
    const other = osculate(...quick, '--seeds', '1,2');
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining('here holds another comparison')]);
    expect(osculate(...quick, '--seeds', '1,2', '--fresh').status).toBe(0);
  }, 120_000);

  it.each([
    [['compare', 'rosenbrock', 'rosenbrok'], /did you mean "rosenbrock"/],
    [['compare', 'rosenbrock', 'rosenbrock'], /named twice/],
    [['compare', 'rosenbrock', '--seeds', ''], /is not a seed/],
    [['compare', 'rosenbrock', '--seeds', '3-1'], /must go upwards/],
    [['compare', 'rosenbrock', '--seeds', '1,1'], /seed 1 is there twice/],
    [['compare', 'rosenbrock', '--seeds', '1', '--seed', '2'], /cannot be used with/],
    [['compare', 'rosenbrock', '--tune', '1'], /between 2 and 15/],
    [['compare', 'rosenbrock', 'beale', '-o', 'adm'], /did you mean "adam"/],
  ])('%j is refused with status 2, and leaves nothing behind', (wrong, message) => {
    const { status, stderr } = osculate(...wrong);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });
});

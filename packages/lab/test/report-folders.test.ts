import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriesOf } from '../src/report/study/series.js';

const cli = fileURLToPath(new URL('../bin/osculate.js', import.meta.url));

let folder: string;
function osculate(...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('osculate report', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'report-folders-'));
    const common = ['-o', 'newton', '-b', '0.05', '--threads', '1'];
    expect(osculate('compare', 'rosenbrock', ...common, '--out', 'runs/one', '--json').status).toBe(0);
    expect(osculate('compare', 'rosenbrock', 'beale', ...common, '--out', 'runs/two').status).toBe(0);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes the page of a comparison again, with the machine and day of its runs', () => {
    const results = () => JSON.parse(readFileSync(join(folder, 'runs/one/results.json'), 'utf8'));
    const before = results();
    const { status, stdout } = osculate('report', 'runs/one');
    expect([status, stdout]).toEqual([0, expect.stringContaining('Newton (line search)')]);
    expect(results()).toMatchObject({ environment: before.environment, results: before.results });
    expect(readFileSync(join(folder, 'runs/one/report.html'), 'utf8')).toContain(before.environment.date);
  });

  it('writes those of all that are in a folder, each into its own', () => {
    const { status, stderr } = osculate('report', 'runs');
    expect(status).toBe(0);
    expect(stderr).toMatch(/runs\/one:[\s\S]*runs\/two:/);
    expect(existsSync(join(folder, 'runs/two/report.html'))).toBe(true);
  });

  it.each([
    ['compare', ['rosenbrock']],
    ['study', ['rosenbrock', 'beale']],
  ])('of a %s that was killed before its declaration was written has no leftovers in its folder', (name, problems) => {
    const place = join(folder, `killed-${name}`);
    mkdirSync(place);
    writeFileSync(join(place, '.study.json.b66900ea-d2f6-4d27-8b0a-d5a27e8428a9.tmp'), '');
    const more = ['-o', 'newton', '-b', '0.05', '--threads', '1', '--out', place];
    expect(osculate('compare', ...problems, ...more).status).toBe(0);
    expect(readdirSync(place).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });

  it('writes those of the others when one is damaged, and says so', () => {
    const damaged = join(folder, 'runs/a');
    mkdirSync(damaged);
    writeFileSync(join(damaged, 'study.json'), '{');
    rmSync(join(folder, 'runs/two/report.html'));
    const { status, stderr } = osculate('report', 'runs');
    expect([status, stderr]).toEqual([2, expect.stringContaining('no report of 1 of 3 folders: runs/a/study.json')]);
    expect(existsSync(join(folder, 'runs/two/report.html'))).toBe(true);
    rmSync(damaged, { recursive: true });
  });

  it('of a study whose declaration is damaged says what makes it readable again', () => {
    const file = join(folder, 'runs/two/study.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, '{');
    const { status, stderr } = osculate('report', 'runs/two');
    expect([status, stderr]).toEqual([2, expect.stringMatching(/two\/study\.json: .*; remove it, and the command/)]);
    rmSync(file);
    const again = [
      'compare',
      'rosenbrock',
      'beale',
      '-o',
      'newton',
      '-b',
      '0.05',
      '--threads',
      '1',
      '--out',
      'runs/two',
    ];
    expect(osculate(...again).status).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8')).study).toEqual(JSON.parse(text).study);
  });

  it.each([
    [['report', 'runs', '--html', 'x.html'], /holds 2 folders of runs \(runs\/one, runs\/two\); name one/],
    [['report', 'runs', '--json'], /name one for --json/],
    [['report', 'runs/one', '--markdown', 'x'], /--markdown is for studies/],
    [['report', 'nothing'], /nothing: no study\.json there/],
  ])('%j is refused with status 2', (args, message) => {
    const { status, stderr } = osculate(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

it('thirty optimizers have thirty kinds of line', () => {
  const names = Array.from({ length: 30 }, (_, i) => `method-${i}`);
  const entrants = names.map((title) => ({
    title,
    results: { entrant: { spec: title }, optimizer: title },
  }));
  const series = seriesOf([{ entrants } as never]);
  expect(new Set(series.map(({ colour, dash }) => `${colour} ${dash}`)).size).toBe(30);
});

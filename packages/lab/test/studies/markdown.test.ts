import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStudy } from '../../src/commands/report.js';
import { parseContestant } from '../../src/contestants.js';
import { problemNamed } from '../../src/problems/index.js';
import {
  emphasisedMarkdown,
  escapeMarkdown,
  markdownCode,
  markdownTable,
} from '../../src/report/study/markdown-text.js';
import { RunFolder } from '../../src/run/folder.js';
import type { Job } from '../../src/studies/jobs.js';
import { runStudy } from '../../src/studies/run-study.js';
import { readStudyFile } from '../../src/studies/study-file.js';
import { writeStudyFolder } from '../../src/studies/study-folder.js';
import type { Summary } from '../../src/study.js';

const study = readStudyFile(
  `
title: Slow | <fast> & *starred*
seeds: [1, 2, 3]
warmup: 2
tuning: { trials: 2, parallel: 2, threads: 1 }
problems:
  - problem: poisson-1d
    budget: { seconds: 10 }
    aim: { optimizer: adam, measure: relativeL2, share: 0.5 }
    optimizers:
      - adam
      - { optimizer: bfgs, tune: false }
      - { optimizer: lbfgs, tune: false }
  - problem: rosenbrock
    budget: { steps: 10 }
    optimizers: [{ optimizer: newton, tune: false }]
`,
  'study.yaml',
);
const { measures } = problemNamed('poisson-1d');
const environment = {
  ...{ node: 'v20', platform: 'linux', processor: 'a | processor', cores: 2, memory: 1 },
  date: '2026-01-01T00:00:00Z',
};

let root: string;

/** Errors fall by a tenth each 8 (adam), 2 (bfgs) or 40 seconds, a little later for larger seeds. */
const pace = (optimizer: string): number => (optimizer.startsWith('adam') ? 8 : optimizer.startsWith('bfgs') ? 2 : 40);

async function pretend({ folder, optimizer, seed }: Job): Promise<boolean> {
  const run = new RunFolder(join(root, folder));
  const keys = [...measures.map(({ key }) => key), 'gap'];
  const points = Array.from({ length: 101 }, (_, step) => ({
    ...{ step, seconds: step / 10, gradientEquivalents: step, details: {} },
    values: Object.fromEntries(keys.map((key) => [key, 10 ** (-step / 10 / (pace(optimizer) * (1 + seed / 100)))])),
  }));
  for (const point of points) run.append(point);
  const { title } = parseContestant(optimizer);
  const common = { spec: optimizer, title, settings: {}, ending: 'budget', peakMemory: 2 ** 21 };
  const warmup = { steps: 2, seconds: 0.5 };
  await run.finish({ ...common, executor: 'none', warmup, last: points.at(-1) } as Summary);
  return true;
}

const printed = () => {
  const texts: string[] = [];
  return { texts, write: (text: string) => texts.push(text) };
};

let page: string;
let folder: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'markdown-'));
  folder = join(root, 'docs');
  const kept = { study, file: 'study.yaml', environment };
  await writeStudyFolder(root, kept);
  await runStudy(root, study, { signal: new AbortController().signal, execute: pretend });
  await publishStudy(root, kept, { markdown: folder, json: false, stdout: printed(), stderr: printed() });
  page = readFileSync(join(folder, 'README.md'), 'utf8');
});
afterAll(() => rmSync(root, { recursive: true }));

describe('text in Markdown', () => {
  it('stands for itself', () => {
    expect(escapeMarkdown('a|b <i>*c*</i> [d](e) _f_ `g` & \\ $h$\n# i')).toBe(
      'a\\|b \\<i\\>\\*c\\*\\</i\\> \\[d\\](e) \\_f\\_ \\`g\\` \\& \\\\ \\$h\\$ \\# i',
    );
    expect(emphasisedMarkdown('**x|y** is < 1')).toBe('**x\\|y** is \\< 1');
  });

  it('as code cannot be ended from inside', () => {
    expect(markdownCode('plain')).toBe('`plain`');
    expect(markdownCode('a `b` ``c')).toBe('```a `b` ``c```');
    expect(markdownCode('`a')).toBe('`` `a ``');
  });

  it('in a table stays in its cell', () => {
    expect(
      markdownTable([
        ['h', 'k'],
        ['a|b', 'c\nd'],
      ]),
    ).toBe('| h | k |\n| --- | --: |\n| a\\|b | c d |');
  });
});

describe('the page of a study in Markdown', () => {
  it('says how many times as fast as the reference others are, by the aim that the study declares', () => {
    // In half of 10 s the slowest seed of adam has fallen by 5/(8·1.03) tenths, for which bfgs needs a quarter of the time of adam.
    const aim = 10 ** (-5 / (8 * 1.03));
    expect(page).toContain(`relative L2 error at most ${Number(aim.toPrecision(3))}`);
    const [, speed] = /\| BFGS \|[^\n]*?\*\*([\d.]+) ×/.exec(page)!;
    expect(Number(speed)).toBeGreaterThan(3.8);
    expect(Number(speed)).toBeLessThan(4.2);
    // The slowest adam needed 5 s, and 10 were not enough for lbfgs.
    expect(page).toMatch(/\| L-BFGS \|[^\n]*\\< 0\.5 ×/);
    expect(page).toMatch(/ahead: \*\*BFGS\*\* by a factor of [34]/);
    expect(page).toMatch(/behind: L-BFGS/);
  });

  it('compares last values for the same time', () => {
    // 10 s are 5 tenths for bfgs and 1.25 for adam, with the first seed 1 % less: a factor of 10^3.7.
    expect(page).toMatch(
      /The best relative L2 error at the end of the same time has \*\*BFGS\*\*, better than that of tuned Adam by a factor of [45]/,
    );
  });

  it('shows only figures that are there, each a whole SVG with the names of its lines', () => {
    const named = [...page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, file]) => file!);
    const files = readdirSync(folder).filter((file) => file.endsWith('.svg'));
    expect([...new Set(named)].sort()).toEqual(files.sort());
    expect(files).toContain('1-poisson-1d-relativeL2.svg');
    const svg = readFileSync(join(folder, '1-poisson-1d-relativeL2.svg'), 'utf8');
    const { document } = parseHTML(`<!doctype html><html><body>${svg}</body></html>`);
    const texts = [...document.querySelectorAll('text')].map(({ textContent }) => textContent);
    for (const name of ['Adam', 'BFGS', 'L-BFGS']) expect(texts).toContain(name);
    expect(svg).not.toContain('NaN');
  });

  it('escapes what the study file and the machine say, and names how to run it again', () => {
    expect(page).toContain('# Slow \\| \\<fast\\> \\& \\*starred\\*');
    expect(page).toContain('a \\| processor');
    expect(page).toContain(`osculate study study.yaml --out ${root}`);
    expect(page).toMatch(/2 at once \(1 threads each\)/);
    expect(page).not.toMatch(/NaN|undefined/);
    expect(existsSync(join(root, 'report.html'))).toBe(true);
  });
});

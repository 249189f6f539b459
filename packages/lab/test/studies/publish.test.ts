import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStudy, report } from '../../src/commands/report.js';
import { problemNamed } from '../../src/problems/index.js';
import { RunFolder } from '../../src/run/folder.js';
import type { Job } from '../../src/studies/jobs.js';
import { runStudy } from '../../src/studies/run-study.js';
import { readStudyFile } from '../../src/studies/study-file.js';
import { writeStudyFolder } from '../../src/studies/study-folder.js';
import type { Summary } from '../../src/study.js';

const study = readStudyFile(
  `
title: Slow & fast <methods>
seeds: [1, 2, 3]
problems:
  - problem: rosenbrock
    budget: { steps: 10 }
    optimizers:
      - { optimizer: nesterov, tune: { learningRate: [0.001, 0.01] } }
      - { optimizer: newton, tune: false }
`,
  'study.yaml',
);
const { measures } = problemNamed('rosenbrock');
const machine = {
  node: 'v20',
  platform: 'linux',
  processor: 'a processor',
  cores: 2,
  memory: 1,
  date: '2026-01-01T00:00:00Z',
};
const kept = { study, file: 'study.yaml', environment: machine };
let root: string;

/** Curves that halve (nesterov) or fall by a thousand (newton) a step, from a start that depends on the seed. */
async function pretend({ folder, optimizer, seed }: Job): Promise<boolean> {
  const rate = optimizer.startsWith('newton') ? 1e-3 : 0.5;
  const run = new RunFolder(join(root, folder));
  const points = Array.from({ length: 11 }, (_, step) => ({
    ...{ step, seconds: step / 10, gradientEquivalents: step, details: {} },
    values: Object.fromEntries(measures.map(({ key }) => [key, seed * rate ** step])),
  }));
  for (const point of points) run.append(point);
  const title = optimizer.startsWith('newton') ? 'Newton' : 'Nesterov';
  const common = { spec: optimizer, title, settings: {}, ending: 'budget', peakMemory: 1e6, executor: 'none' };
  await run.finish({ ...common, last: points.at(-1) } as Summary);
  return true;
}

const printed = () => {
  const texts: string[] = [];
  return { texts, write: (text: string) => texts.push(text) };
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'publish-'));
  await writeStudyFolder(root, kept);
  await runStudy(root, study, { signal: new AbortController().signal, execute: pretend });
});
afterAll(() => rmSync(root, { recursive: true }));

describe('the report of a study', () => {
  it('names the winner, and is a page of its own', async () => {
    const [stdout, stderr] = [printed(), printed()];
    await publishStudy(root, kept, { json: false, stdout, stderr });
    const page = readFileSync(join(root, 'report.html'), 'utf8');
    expect(page).toContain('Slow &amp; fast &lt;methods&gt;');
    expect(page).not.toContain('<methods>');
    expect(page).toMatch(/<b>[^<]*Newton/i);
    expect(page).not.toMatch(/(src|href)="http/);
    expect(page).not.toContain('NaN');
    expect(stdout.texts.join('')).toMatch(/Newton/);
  });

  it('as JSON has the figures, and the data files all points', async () => {
    const [stdout, stderr] = [printed(), printed()];
    expect(await report(root, { json: true, stdout, stderr })).toBe(0);
    expect(JSON.parse(stdout.texts.join(''))).toMatchObject({ report: join(root, 'report.html') });
    const bytes = readFileSync(join(root, 'points.parquet'));
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer as ArrayBuffer });
    // 2 trials and 2 × 3 runs of 11 points each.
    expect(rows.length).toBe(88);
    expect(readFileSync(join(root, 'points.csv'), 'utf8').trim().split('\r\n').length).toBe(89);
    expect(readFileSync(join(root, 'summary.csv'), 'utf8').trim().split('\r\n').length).toBe(9);
    expect(existsSync(join(root, 'tensorboard/rosenbrock/newton/seed-2/events.out.tfevents.2.osculate'))).toBe(true);
  });

  it('refuses a folder without a study', async () => {
    const streams = { stdout: printed(), stderr: printed() };
    await expect(report(mkdtempSync(join(root, 'empty-')), { json: false, ...streams })).rejects.toThrow(
      /no study\.json there/,
    );
  });
});

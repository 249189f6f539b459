import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemNamed } from '../../src/problems/index.js';
import { RunFolder } from '../../src/run/folder.js';
import type { Job } from '../../src/studies/jobs.js';
import { studyResults } from '../../src/studies/results.js';
import { runStudy } from '../../src/studies/run-study.js';
import { readStudyFile } from '../../src/studies/study-file.js';
import type { Summary } from '../../src/study.js';

const study = readStudyFile(
  `
title: A study
seeds: [1, 2]
problems:
  - problem: rosenbrock
    budget: { steps: 100 }
    optimizers:
      - { optimizer: adam, tune: { learningRate: [0.01, 0.1, 1] } }
      - { optimizer: nesterov, tune: false }
`,
  'study.yaml',
);

const { key: measure } = problemNamed('rosenbrock').measures[0]!;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'study-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Pretends to run a job: the loss is the distance of the learning rate from 0.1. */
async function finish({ folder, optimizer }: Job): Promise<boolean> {
  const rate = Number(/learningRate=(.*)/.exec(optimizer)?.[1] ?? 0);
  const point = {
    step: 100,
    seconds: 1,
    gradientEquivalents: 100,
    values: { [measure]: Math.abs(rate - 0.1) },
    details: {},
  };
  const run = new RunFolder(join(root, folder));
  run.append(point);
  const common = { spec: optimizer, title: optimizer, settings: {}, ending: 'budget', peakMemory: 1, executor: 'none' };
  await run.finish({ ...common, last: point } as Summary);
  return true;
}

const never = new AbortController().signal;

describe('a study', () => {
  it('searches first, then compares with what the search found', async () => {
    const jobs: Job[] = [];
    const execute = async (job: Job) => {
      jobs.push(job);
      return finish(job);
    };
    expect(await runStudy(root, study, { signal: never, execute })).toBe(true);
    const named = jobs.map(({ optimizer, seed }) => `${optimizer} ${seed}`);
    expect(named.slice(0, 3).sort()).toEqual([0.01, 0.1, 1].map((v) => `adam:learningRate=${v} 1000`));
    expect(named.slice(3)).toEqual(['adam:learningRate=0.1 1', 'nesterov 1', 'adam:learningRate=0.1 2', 'nesterov 2']);
    const [problem] = studyResults(root, study).problems;
    expect(problem!.entrants.map(({ optimizer, trials, runs }) => [optimizer, trials.length, runs.length])).toEqual([
      ['adam:learningRate=0.1', 3, 2],
      ['nesterov', 0, 2],
    ]);
  });

  it('lets the training data choose the settings, not the test data that it is judged by', async () => {
    const images = readStudyFile(
      `
title: A study
seeds: [1]
problems:
  - problem: mnist-logistic
    budget: { steps: 1 }
    optimizers: [{ optimizer: adam, tune: { learningRate: [0.1, 1] } }]
`,
      'study.yaml',
    );
    const values: Record<string, Record<string, number>> = {
      'adam:learningRate=0.1': { loss: 1, testAccuracy: 0.8 },
      'adam:learningRate=1': { loss: 2, testAccuracy: 0.9 },
    };
    const execute = async ({ folder, optimizer }: Job) => {
      const last = { step: 1, seconds: 1, gradientEquivalents: 1, values: values[optimizer]!, details: {} };
      const common = {
        spec: optimizer,
        title: optimizer,
        settings: {},
        ending: 'budget',
        peakMemory: 1,
        executor: 'none',
      };
      await new RunFolder(join(root, folder)).finish({ ...common, last } as Summary);
      return true;
    };
    expect(problemNamed('mnist-logistic').target?.measure).toBe('testAccuracy');
    await runStudy(root, images, { signal: never, execute });
    expect(studyResults(root, images).problems[0]!.entrants[0]!.optimizer).toBe('adam:learningRate=0.1');
  });

  it('runs nothing twice and nothing after it was cancelled', async () => {
    const jobs: string[] = [];
    const stopAfter = (count: number) => async (job: Job) => {
      if (jobs.length === count) return false;
      jobs.push(job.folder);
      return finish(job);
    };
    expect(await runStudy(root, study, { signal: never, execute: stopAfter(4) })).toBe(false);
    expect(jobs.length).toBe(4);
    expect(await runStudy(root, study, { signal: never, execute: stopAfter(99) })).toBe(true);
    expect(jobs.length).toBe(7);
    expect(new Set(jobs).size).toBe(7);
    const aborted = AbortSignal.abort();
    rmSync(join(root), { recursive: true });
    expect(await runStudy(root, study, { signal: aborted, execute: stopAfter(99) })).toBe(false);
    expect(jobs.length).toBe(7);
  });

  it('says how far it is', async () => {
    const told: string[] = [];
    const begin = (job: Job, done: number, total: number) => told.push(`${done}/${total} ${job.seed}`);
    await runStudy(root, study, { signal: never, execute: finish, begin });
    expect(told.at(0)).toBe('0/7 1000');
    expect(told.at(-1)).toBe('6/7 2');
  });
});

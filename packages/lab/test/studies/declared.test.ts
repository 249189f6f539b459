import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemNamed } from '../../src/problems/index.js';
import { RunFolder } from '../../src/run/folder.js';
import { analyseStudy } from '../../src/studies/analysis.js';
import type { Job } from '../../src/studies/jobs.js';
import { studyResults } from '../../src/studies/results.js';
import { runStudy } from '../../src/studies/run-study.js';
import { readStudyFile } from '../../src/studies/study-file.js';
import type { Summary } from '../../src/study.js';

const text = `
title: A study
seeds: [1, 2]
threads: 2
warmup: 3
points: 20
tuning: { trials: 4, share: 0.5, parallel: 2, threads: 1 }
problems:
  - problem: mnist-logistic
    budget: { seconds: 10 }
    aim: { optimizer: adamw, share: 0.5 }
    optimizers: [adamw, { optimizer: nesterov, tune: false }]
`;
const read = (from = '', to = '') => readStudyFile(text.replace(from, to), 'study.yaml');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'declared-'));
});
afterEach(() => rmSync(root, { recursive: true }));
const never = new AbortController().signal;

const { measures } = problemNamed('mnist-logistic');

/** Ten seconds of a loss that nesterov has at time t where adamw has it at 2t, and the second seed 10 % higher. */
async function pretend({ folder, optimizer, seed }: Job, stride = 1): Promise<boolean> {
  const run = new RunFolder(join(root, folder));
  const rate = optimizer.startsWith('adamw') ? 1 : 2;
  const points = Array.from({ length: 11 }, (_, t) => ({
    ...{ step: stride * t, seconds: t, gradientEquivalents: t, details: {} },
    values: Object.fromEntries(measures.map(({ key }) => [key, (0.9 + 0.1 * seed) / (1 + rate * t)])),
  }));
  for (const point of points) run.append(point);
  const common = { spec: optimizer, title: optimizer, settings: {}, ending: 'budget', peakMemory: 1, executor: 'none' };
  await run.finish({ ...common, last: points.at(-1) } as Summary);
  return true;
}

describe('what a study declares', () => {
  it('of trials: several at once with threads of their own, few points; the runs that are compared are alone', async () => {
    let running = 0;
    const seen: { job: Job; beside: number }[] = [];
    const execute = async (job: Job): Promise<boolean> => {
      const entry = { job, beside: running };
      seen.push(entry);
      running += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return pretend(job);
    };
    await runStudy(root, read(), { signal: never, execute });
    const [trials, runs] = [seen.slice(0, 4), seen.slice(4)];
    expect(trials.map(({ job }) => [job.threads, job.warmup, job.points])).toEqual(trials.map(() => [1, 3, 5]));
    expect(Math.max(...trials.map(({ beside }) => beside))).toBe(1);
    expect(runs.map(({ job, beside }) => [job.threads, job.warmup, job.points, beside])).toEqual(
      runs.map(() => [2, 3, 20, 0]),
    );
    expect(runs).toHaveLength(4);
  });

  it('as the aim is what the named optimizer has in every seed after that share of its time', async () => {
    await runStudy(root, read(), { signal: never, execute: pretend });
    const [problem] = analyseStudy(studyResults(root, read())).problems;
    expect(problem!.aim.measure.key).toBe('loss');
    expect(problem!.judged.key).toBe('testAccuracy');
    // The second seed after 5 of 10 s: 1.1/6, which the first has by then too.
    expect(problem!.aim.value).toBeCloseTo(1.1 / 6, 12);
    const [adamw, nesterov] = problem!.entrants;
    // All four trials end alike: the search takes one from the middle of the grid.
    const { tuned } = adamw!.results.entrant;
    expect(adamw!.results.optimizer).toBe(`adamw:learningRate=${tuned!.values[1]}`);
    expect(adamw!.aim.observations.seconds).toEqual([
      { time: 5, censored: false },
      { time: 5, censored: false },
    ]);
    expect(nesterov!.aim.reached).toBe(2);
    expect(nesterov!.aim.median.seconds).toBe(3);
  });

  it('is reached between two points where there were steps between them', async () => {
    await runStudy(root, read(), { signal: never, execute: (job) => pretend(job, 100) });
    const [problem] = analyseStudy(studyResults(root, read())).problems;
    // Of nesterov's first seed, 1/(1 + 2t), on a logarithmic line from 1/5 at 2 s to 1/7 at 3 s.
    const expected = 2 + Math.log(6 / 1.1 / 5) / Math.log(7 / 5);
    const { seconds, step } = problem!.entrants[1]!.aim.observations;
    expect(seconds[0]!.time).toBeCloseTo(expected, 12);
    expect(step[0]!.time).toBe(Math.ceil(100 * expected));
  });

  it('is refused where it names what is not there', () => {
    expect(() => read('optimizer: adamw, share', 'optimizer: adam, share')).toThrow(
      /aim\.optimizer must be one of its optimizers \(adamw, nesterov\), got "adam"/,
    );
    expect(() => read('share: 0.5 }\n    opt', 'measure: error }\n    opt')).toThrow(
      /aim\.measure must be one of its measures \(loss, testLoss, accuracy, testAccuracy\), got "error"/,
    );
    expect(() => read('share: 0.5 }\n    opt', 'share: 2 }\n    opt')).toThrow(/problems\.0\.aim\.share/);
    expect(() => read('points: 20', 'points: 2')).toThrow(/points/);
  });
});

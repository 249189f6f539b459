import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { finalJobs, tuningJobs } from '../../src/studies/jobs.js';
import { readStudyFile } from '../../src/studies/study-file.js';
import { UsageError } from '../../src/usage-error.js';

const valid = `
title: A study
seeds: [1, 2]
problems:
  - problem: rosenbrock
    budget: { steps: 100 }
    optimizers:
      - nadam
      - adam:learningRate=0.1
      - { optimizer: adagrad, tune: { learningRate: [0.1, 1] } }
      - { optimizer: rmsprop, tune: false }
`;

const read = (text: string) => readStudyFile(text, 'study.yaml');
const edited = (from: string, to: string) => () => {
  expect(valid).toContain(from);
  read(valid.replace(from, to));
};

describe('a study file', () => {
  it('is filled in', () => {
    const { seeds, threads, parallel, problems } = read(valid);
    expect({ seeds, threads, parallel }).toEqual({ seeds: [1, 2], threads: 2, parallel: 1 });
    const [{ entrants, tuning, budget }] = problems as [(typeof problems)[number]];
    expect(budget).toEqual({ steps: 100 });
    expect(tuning).toMatchObject({ trials: 5, share: 0.25 });
    expect(entrants.map(({ spec }) => spec)).toEqual(['nadam', 'adam:learningRate=0.1', 'adagrad', 'rmsprop']);
    expect(entrants.map(({ tuned }) => tuned?.values.length)).toEqual([5, undefined, 2, undefined]);
    const values = entrants[0]!.tuned!.values;
    expect(values[4]! / values[0]!).toBeCloseTo(100, 0);
  });

  it('searches for nothing that a method finds by itself, unless it is told what to try', () => {
    const tuned = (optimizer: string) =>
      read(valid.replace('- nadam', `- ${optimizer}`)).problems[0]!.entrants[0]!.tuned;
    expect(tuned('nesterov')).toBe(undefined);
    const given = tuned('{ optimizer: nesterov, tune: { learningRate: [0.1, 1] } }');
    expect(given).toEqual({ setting: 'learningRate', values: [0.1, 1] });
  });

  it('gives every optimizer the same number of trials and every run its own folder', () => {
    const study = read(valid);
    const [problem] = study.problems;
    const jobs = problem!.entrants.flatMap((entrant) => [
      ...tuningJobs(study, problem!, entrant),
      ...finalJobs(study, problem!, entrant, entrant.spec),
    ]);
    expect(new Set(jobs.map(({ folder }) => folder)).size).toBe(5 + 2 + 4 * 2);
    expect(jobs[0]).toMatchObject({ budget: { steps: 25 }, seed: 1000 });
    expect(jobs[5]).toMatchObject({ budget: { steps: 100 }, seed: 1, optimizer: 'nadam' });
  });

  it.each([
    ['seeds: [1, 2]', 'seeds: []', /study\.yaml, line 3: seeds: must have at least 1 entry/],
    ['seeds: [1, 2]', 'seeds: one', /line 3: seeds: must be a list, as \[a, b\], got "one"/],
    ['seeds: [1, 2]', 'seeds: [1, 2, 1]', /seeds: the same seed is given twice/],
    ['seeds: [1, 2]', 'seeds: [1, 1000]', /rosenbrock: tuning\.seed is 1000, one of the seeds that are compared/],
    [
      '[0.1, 1]',
      '[0.1, 0.1]',
      /line 10: problems\.0\.optimizers\.2\.tune\.learningRate: the same value is given twice/,
    ],
    [
      'problems:',
      'problems:\n  - { problem: rosenbrock, budget: { steps: 9 }, optimizers: [adam] }',
      /"rosenbrock" is named twice/,
    ],
    ['budget: { steps: 100 }', 'budget: {}', /line 6: problems\.0\.budget: give seconds/],
    [
      'budget: { steps: 100 }',
      'budget: { steps: -1 }',
      /line 6: problems\.0\.budget\.steps: must be more than 0, got -1/,
    ],
    ['steps: 100', 'step: 100', /line 6: problems\.0\.budget\.step: there is no such key; did you mean "steps"\?/],
    ['title: A study\n', '', /study\.yaml, line 1: title: is missing/],
    ['budget: { steps: 100 }', 'budget: 100', /line 6: problems\.0\.budget: must be a group of keys/],
    ['seeds: [1, 2]', 'seeds:\n  - 1\n  - two', /line 5: seeds\.1: must be a number, got "two"/],
    ['title: A study', 'title: A study\nthread: 1', /thread/],
    ['rosenbrock', 'rosenbrook', /study\.yaml, line 5: there is no problem "rosenbrook"; did you mean "rosenbrock"/],
    ['- nadam', '- nestorov', /study\.yaml, line 8: there is no optimizer "nestorov"; did you mean "nesterov"/],
    ['- nadam', '- rmsprop\n      - rmsprop', /"rmsprop tuned" is named twice/],
    ['{ learningRate: [0.1, 1] }', '{ rate: [0.1, 1] }', /tune of "adagrad": name one of its settings/],
    ['seeds: [1, 2]', 'seeds: [1, 2', /study\.yaml: .*line/],
  ])('with %s replaced by %s is refused', (from, to, message) => {
    expect(edited(from, to)).toThrow(UsageError);
    expect(edited(from, to)).toThrow(message);
  });

  it('with the line ends of Windows is the same, with the same lines in its errors', () => {
    expect(read(valid.replaceAll('\n', '\r\n'))).toEqual(read(valid));
    expect(() => read(valid.replace('- nadam', '- nestorov').replaceAll('\n', '\r\n'))).toThrow(/line 8: /);
  });

  it('may repeat a list by an anchor, but not multiply', () => {
    const twice = `${valid.replace('optimizers:', 'optimizers: &same')}
  - { problem: beale, budget: { steps: 9 }, optimizers: *same }`;
    const { problems } = read(twice);
    expect(problems[1]!.entrants.map(({ spec }) => spec)).toEqual(problems[0]!.entrants.map(({ spec }) => spec));
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    expect(() => read(['l0: &l0 [1]', ...levels].join('\n'))).toThrow(/study\.yaml: .*alias/i);
  });

  it('says all that is wrong with its form, a line each', () => {
    const text = valid.replace('steps: 100', 'step: 100').replace('seeds: [1, 2]', 'seeds: 3');
    expect(() => read(text)).toThrow(/line 3: seeds: .*\n.*line 6: problems\.0\.budget\.step: /);
  });

  it('is in the examples', () => {
    const file = new URL('../../../../examples/study.yaml', import.meta.url);
    expect(read(readFileSync(file, 'utf8')).problems.map(({ entrants }) => entrants.length)).toEqual([3, 2]);
  });

  it('allows runs at once only where time is not measured', () => {
    expect(edited('{ steps: 100 }', '{ seconds: 1 }')).not.toThrow();
    const parallel = valid.replace('title: A study', 'title: A study\nparallel: 2');
    expect(read(parallel).parallel).toBe(2);
    expect(() => read(parallel.replace('{ steps: 100 }', '{ seconds: 1 }'))).toThrow(/needs the machine for itself/);
  });
});

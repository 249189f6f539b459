import { describe, expect, it } from 'vitest';
import { problemNamed } from '../../src/problems/index.js';
import type { Measure, Problem } from '../../src/problems/problem.js';
import { problemRows } from '../../src/report/study/table.js';
import { problemWords } from '../../src/report/study/words.js';
import { analyseStudy, compareEntrants } from '../../src/studies/analysis.js';
import type { DeclaredStudy } from '../../src/studies/study-file.js';
import type { Point, Result } from '../../src/study.js';

type Values = Record<string, number>;

/** A run with these values after steps 0, 1, 2, …; a second a step. */
function run(optimizer: string, curve: readonly Values[]): Result {
  const points = curve.map(
    (values, step): Point => ({ step, seconds: step, gradientEquivalents: step, values, details: {} }),
  );
  const common = { spec: optimizer, title: optimizer, settings: {}, peakMemory: 1, executor: 'none' };
  return { summary: { ...common, ending: 'budget', last: points.at(-1)! }, points };
}

/** The analysis of one problem whose optimizers have these curves, a seed each. */
function analysed(problem: Problem, curves: Readonly<Record<string, readonly (readonly Values[])[]>>) {
  const entrants = Object.entries(curves).map(([spec, seeds]) => ({
    ...{ entrant: { spec }, optimizer: spec, trials: [] },
    runs: seeds.map((curve, seed) => ({ ...run(spec, curve), seed })),
  }));
  const declared = {
    ...{ problem: problem.name, budget: { steps: 9 }, tuning: false as const },
    entrants: entrants.map(({ entrant }) => entrant),
  };
  const study: DeclaredStudy = {
    ...{ title: 'x', seeds: [0, 1, 2], threads: 1, parallel: 1, warmup: 0 },
    problems: [declared],
  };
  return analyseStudy({ study, problems: [{ declared, problem, entrants }] }).problems[0]!;
}

const rosenbrock = problemNamed('rosenbrock');
const mlp = problemNamed('mnist-mlp');
const gaps = (...values: number[]): Values[] => values.map((gap) => ({ loss: gap, gap }));

describe('the aim that the first optimizer of the list sets', () => {
  it('is reached by that optimizer, in one seed or in equal ones', () => {
    for (const value of [12.3, 0.1, 7 / 9]) {
      expect(analysed(rosenbrock, { adam: [gaps(24, value)] }).entrants[0]!.aim.reached).toBe(1);
      const equal = analysed(rosenbrock, { adam: [gaps(24, value), gaps(24, value), gaps(24, value)] });
      expect(equal.entrants[0]!.aim.reached).toBe(3);
    }
  });

  it('is said without an interval for one seed', () => {
    const [first] = problemWords(analysed(rosenbrock, { adam: [gaps(24, 12.3)] }));
    expect(first).toContain('f − minimum: 12.3 (one seed)');
  });
});

describe('shares', () => {
  const accuracy = (testAccuracy: number): Values[] => [{ loss: 1, testLoss: 2, accuracy: 1, testAccuracy }];

  it('have intervals that are possible', () => {
    const problem = analysed(mlp, {
      adam: [accuracy(0.99), accuracy(0.7), accuracy(0.98)],
      sgd: [accuracy(0.02), accuracy(0.9), accuracy(0.01)],
    });
    const [adam, sgd] = problem.entrants as [(typeof problem.entrants)[number], (typeof problem.entrants)[number]];
    expect(adam.measures.testAccuracy).toMatchObject({ high: 1 });
    expect(sgd.measures.testAccuracy).toMatchObject({ low: 0 });
    expect(compareEntrants(problem, adam, sgd, 'final').interval).toMatchObject({ high: 1 });
  });

  it('are the only measures that are cut', () => {
    const bounded = ({ bounds }: Measure): boolean => bounds !== undefined;
    expect(mlp.measures.filter(bounded).map(({ key }) => key)).toEqual(['accuracy', 'testAccuracy']);
  });
});

describe('the gap between test and training', () => {
  it('is the difference of the last losses, with its interval', () => {
    const end = (loss: number, testLoss: number): Values[] => [{ loss, testLoss, accuracy: 1, testAccuracy: 1 }];
    const [adam] = analysed(mlp, { adam: [end(1, 2), end(1, 3), end(2, 5)] }).entrants;
    // 1, 2, 3: mean 2, s = 1, t(0.975, 2) = 4.302652729911275.
    expect(adam!.generalisation!.estimate).toBeCloseTo(2, 12);
    expect(adam!.generalisation!.high).toBeCloseTo(2 + 4.302652729911275 / Math.sqrt(3), 9);
  });

  it('is not there where the test set is the training set', () => {
    const same: Values[] = [{ loss: 1, testLoss: 1, accuracy: 1, testAccuracy: 1 }];
    expect(analysed(mlp, { adam: [same, same] }).entrants[0]).not.toHaveProperty('generalisation');
  });

  it('is not there where there is no test loss', () => {
    expect(analysed(rosenbrock, { adam: [gaps(1, 0.5)] }).entrants[0]).not.toHaveProperty('generalisation');
  });
});

describe('a run without a step', () => {
  it('is named as one that says nothing', () => {
    const words = problemWords(analysed(rosenbrock, { adam: [gaps(24, 12)], newton: [gaps(24)] })).join(' ');
    expect(words).toContain('Not one step fitted into the budget, so that this says nothing of them: newton (1 of 1).');
    expect(problemWords(analysed(rosenbrock, { adam: [gaps(24, 12)] })).join(' ')).not.toContain('Not one step');
  });
});

describe('the table', () => {
  const head = (curve: readonly Values[]) => problemRows(analysed(rosenbrock, { adam: [curve], sgd: [curve] }))[0]!;

  it('shows f and f − minimum where they differ, and once where they are the same', () => {
    expect(head(gaps(1, 0.5))).not.toContain('f');
    expect(head([{ loss: 7.5, gap: 0.5 }])).toEqual(expect.arrayContaining(['f', 'f − minimum']));
  });

  it('has columns of order and rate where something can be said, and only there', () => {
    expect(head(gaps(1, 0.1, 0.01, 0.001))).toEqual(expect.arrayContaining(['order', 'rate a step']));
    expect(head(gaps(1, 0.5))).not.toContain('order');
  });
});

describe('order and rate', () => {
  const squares = (c: number): Values[] => gaps(...[0, 1, 2, 3, 4].map((k) => Math.exp(-c * 2 ** k)));
  const halves = gaps(...Array.from({ length: 12 }, (_, k) => 0.5 ** k));

  it('are medians over the seeds in which they can be said', () => {
    const [newton, sgd, adam] = analysed(rosenbrock, {
      newton: [squares(0.5), squares(0.6), squares(0.7)],
      sgd: [halves, halves, gaps(1, 0.9, 0.8)],
      adam: [gaps(1, 2, 1.5)],
    }).entrants;
    expect(newton!.convergence!.order).toBeCloseTo(2, 6);
    expect(sgd!.convergence).toMatchObject({ seeds: 2, rate: expect.closeTo(0.5, 9), order: expect.closeTo(1, 6) });
    expect(adam).not.toHaveProperty('convergence');
  });

  it('leave out errors that are the rounding of f', () => {
    const f = (gap: number): Values => ({ loss: 1000 + gap, gap });
    const [newton] = analysed(rosenbrock, { newton: [[1, 1e-2, 1e-4, 1e-6, 3e-13, 1e-13].map(f)] }).entrants;
    expect(newton!.convergence!.rate).toBeCloseTo(1e-2, 9);
  });
});

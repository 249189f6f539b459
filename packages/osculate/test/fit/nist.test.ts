import { describe, expect, test } from 'vitest';
import { curveFit, type LeastSquaresOptions, type LeastSquaresResult, type Model } from '../../src/fit/index.js';
import { correctDigits, type NistProblem, nistProblems } from './nist.js';

const problems = nistProblems();

function fit(
  problem: NistProblem,
  model: Model,
  start: readonly number[],
  options: LeastSquaresOptions = {},
): LeastSquaresResult {
  const x = problem.x[0]!.length === 1 ? problem.x.map((row) => row[0]!) : problem.x;
  return curveFit(model, { x, y: problem.y }, { start, ...options });
}

/** Correct digits of all 54 runs. */
function digits(model: (problem: NistProblem) => Model, options: LeastSquaresOptions = {}): number[] {
  return problems.flatMap((p) =>
    p.starts.map((start) => correctDigits(fit(p, model(p), start, options).parameters, p.certified)),
  );
}

describe('NIST StRD, 27 data sets from 2 starts each, default options', () => {
  const traced = digits((p) => p.traced);

  test('models from their formulas: every run has at least 9 certified digits', () => {
    expect(traced).toHaveLength(54);
    expect(Math.min(...traced)).toBeGreaterThanOrEqual(9);
  });

  test('models from their formulas: 10.5 digits on average', () => {
    expect(traced.reduce((a, b) => a + b, 0) / 54).toBeGreaterThanOrEqual(10.5);
  });

  test('functions of plain numbers with a differenced Jacobian: 6 digits in at least 52 runs', () => {
    const good = digits((p) => ({ model: p.numeric })).filter((d) => d >= 6);
    expect(good.length).toBeGreaterThanOrEqual(52);
  });

  test('without the polish and its early hand-over fewer runs have 10 digits', () => {
    const count = (all: readonly number[]): number => all.filter((d) => d >= 10).length;
    expect(count(digits((p) => p.traced, { polish: false }))).toBeLessThan(count(traced));
  });

  test('every run says that it converged', () => {
    for (const p of problems) {
      for (const start of p.starts) {
        const { status, rank, warnings } = fit(p, p.traced, start);
        expect(status, p.name).toMatch(/^(converged-.*|relative-offset)$/);
        expect(rank).toBe(p.certified.length);
        expect(warnings).toEqual([]);
      }
    }
  });

  test('acceleration takes half the iterations or fewer', () => {
    const iterations = (acceleration: boolean): number =>
      problems
        .flatMap((p) => p.starts.map((start) => fit(p, p.traced, start, { acceleration }).iterations))
        .reduce((a, b) => a + b);
    expect(iterations(true)).toBeLessThanOrEqual(iterations(false) / 2);
  });
});

import { describe, expect, test } from 'vitest';
import { type CurveFitOptions, curveFit, type LeastSquaresResult, type Model } from '../../src/fit/index.js';
import { correctDigits, type NistProblem, nistProblems } from './nist.js';

const problems = nistProblems();

function fit(
  problem: NistProblem,
  model: Model,
  start: readonly number[],
  options: Partial<CurveFitOptions> = {},
): LeastSquaresResult {
  const x = problem.x[0]!.length === 1 ? problem.x.map((row) => row[0]!) : problem.x;
  return curveFit(model, { x, y: problem.y }, { start, ...options });
}

/** Correct digits of all 54 runs. */
function digits(model: (problem: NistProblem) => Model, options: Partial<CurveFitOptions> = {}): number[] {
  return problems.flatMap((p) =>
    p.starts.map((start) => correctDigits(fit(p, model(p), start, options).parameters, p.certified)),
  );
}

describe('NIST StRD, 27 data sets from 2 starts each, default options', () => {
  const traced = digits((p) => p.traced);

  test('traced models: every run has at least 9 certified digits', () => {
    expect(traced).toHaveLength(54);
    expect(Math.min(...traced)).toBeGreaterThanOrEqual(9);
  });

  test('traced models: 10.5 digits on average', () => {
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

  test('certified standard deviations follow from the Jacobian of the result', () => {
    for (const p of problems) {
      const { jacobian, cost } = fit(p, p.traced, p.starts[1]!);
      const [m, n] = [p.y.length, p.certified.length];
      // The first deviation of all: s·‖row 1 of J⁺‖, where J⁺'s first row is the residual of column 1 on the others, normalised.
      if (p.name === 'Lanczos1') continue; // Its certified deviations are below what the residuals' rounding allows.
      const deviation = Math.sqrt((2 * cost) / (m - n)) / remainder(jacobian, m, n);
      expect(Math.abs(deviation / p.deviations[0]! - 1), p.name).toBeLessThan(1e-7);
    }
  });
});

/** The norm of column 0 of a row-major matrix after projecting the others out, by modified Gram-Schmidt, twice. */
function remainder(jacobian: Float64Array, m: number, n: number): number {
  const columns = Array.from({ length: n }, (_, j) => Float64Array.from({ length: m }, (_, i) => jacobian[i * n + j]!));
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const basis: Float64Array[] = [];
  const project = (column: Float64Array): Float64Array => {
    let rest = column;
    for (const q of [...basis, ...basis]) {
      const along = dot(q, rest);
      rest = rest.map((x, i) => x - along * q[i]!);
    }
    return rest;
  };
  for (const column of columns.slice(1)) {
    const rest = project(column);
    const size = Math.sqrt(dot(rest, rest));
    basis.push(rest.map((x) => x / size));
  }
  const rest = project(columns[0]!);
  return Math.sqrt(dot(rest, rest));
}

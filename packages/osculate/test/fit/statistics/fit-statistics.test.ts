import { describe, expect, it } from 'vitest';
import { curveFit, fitStatistics, studentQuantile } from '../../../src/fit/index.js';
import { residualDiagnostics } from '../../../src/fit/statistics/residual-diagnostics.js';
import { InputError } from '../../../src/tensor/index.js';
import { nistProblems } from '../nist.js';
import { line, lineFit, x } from './line.js';

const sigma = x.map((_, i) => 0.1 * (i + 1));

describe('fitStatistics of a straight line', () => {
  it('has the standard errors, covariance and R² of the closed form', () => {
    const expected = line();
    const s = fitStatistics(lineFit());
    expect(s.degreesOfFreedom).toBe(6);
    expect(s.residualSumOfSquares).toBeCloseTo(expected.sumOfSquares, 12);
    expect(s.residualDeviation).toBeCloseTo(Math.sqrt(expected.variance), 12);
    s.parameters.forEach((p, j) => {
      expect(p.standardError).toBeCloseTo(expected.errors[j]!, 12);
      expect(p.t).toBeCloseTo(p.value / expected.errors[j]!, 9);
      expect(p.state).toBe('estimated');
    });
    expect(s.covariance.data[1]).toBeCloseTo(expected.covariance, 12);
    expect(s.correlation.data[2]).toBeCloseTo(expected.covariance / expected.errors[0] / expected.errors[1], 12);
    expect(s.rSquared).toBeCloseTo(expected.rSquared, 12);
    expect(s.adjustedRSquared).toBeCloseTo(1 - ((1 - expected.rSquared) * 7) / 6, 12);
  });

  it('has the t interval of the closed form at any level', () => {
    const { b, errors } = line();
    for (const level of [0.5, 0.95, 0.999]) {
      const { parameters } = fitStatistics(lineFit(), { level });
      expect(parameters[1]!.interval[0]).toBeCloseTo(b - studentQuantile(level, 6) * errors[1], 12);
      expect(parameters[1]!.interval[1]).toBeCloseTo(b + studentQuantile(level, 6) * errors[1], 12);
    }
  });

  it('takes sigmas as known up to a factor, or as they are', () => {
    const { errors, variance, rSquared } = line(sigma);
    const relative = fitStatistics(lineFit(sigma));
    const absolute = fitStatistics(lineFit(sigma), { absoluteSigma: true });
    expect(relative.parameters[0]!.standardError).toBeCloseTo(errors[0], 12);
    expect(absolute.parameters[0]!.standardError).toBeCloseTo(errors[0] / Math.sqrt(variance), 12);
    expect(absolute.quantile).toBeCloseTo(1.959963984540054, 12);
    expect(relative.rSquared).toBeCloseTo(rSquared, 12);
  });

  it('has the information criteria of their definitions', () => {
    const { sumOfSquares: s } = line();
    const found = fitStatistics(lineFit());
    expect(found.aic).toBeCloseTo(8 * Math.log(s / 8) + 4, 12);
    expect(found.aicCorrected).toBeCloseTo(8 * Math.log(s / 8) + 4 + 12 / 5, 12);
    expect(found.bic).toBeCloseTo(8 * Math.log(s / 8) + 2 * Math.log(8), 12);
    expect(fitStatistics(lineFit(), { absoluteSigma: true }).aic).toBeCloseTo(s + 4, 12);
  });

  it('does not depend on the units of the parameters', () => {
    const fit = lineFit();
    const scales = [1e-150, 1e140];
    const jacobian = fit.jacobian.map((value, i) => value * scales[i % 2]!);
    const { parameters } = fitStatistics({ ...fit, jacobian });
    const { errors } = line();
    parameters.forEach((p, j) => {
      expect(p.standardError * scales[j]!).toBeCloseTo(errors[j]!, 12);
    });
  });

  it('refuses levels that are none', () => {
    expect(() => fitStatistics(lineFit(), { level: 95 })).toThrow(InputError);
  });
});

describe('fitStatistics where not all is determined', () => {
  const fit = lineFit();

  it('counts a parameter at a bound as known', () => {
    const s = fitStatistics({ ...fit, activeBounds: Int8Array.of(-1, 0) });
    expect(s.parameters.map((p) => p.state)).toEqual(['held', 'estimated']);
    expect(s.parameters[0]!.standardError).toBe(0);
    expect(s.parameters[0]!.interval).toEqual([fit.parameters[0], fit.parameters[0]]);
    expect(s.degreesOfFreedom).toBe(7);
    const squares = x.reduce((sum, v) => sum + v * v, 0);
    expect(s.parameters[1]!.standardError).toBeCloseTo(s.residualDeviation / Math.sqrt(squares), 12);
  });

  it('gives an infinite error to parameters of which only the sum counts, and the same as before to the other', () => {
    const jacobian = Float64Array.from(x.flatMap((xi) => [1, xi, 1]));
    const s = fitStatistics({ ...fit, names: ['a', 'b', 'c'], parameters: Float64Array.of(1, 2, 3), jacobian });
    expect(s.parameters.map((p) => p.state)).toEqual(['undetermined', 'estimated', 'undetermined']);
    expect(s.parameters[0]!.standardError).toBe(Number.POSITIVE_INFINITY);
    expect(s.parameters[0]!.interval).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(s.parameters[1]!.standardError).toBeCloseTo(line().errors[1], 12);
    expect(s.degreesOfFreedom).toBe(6);
    expect(s.condition).toBe(Number.POSITIVE_INFINITY);
  });

  it('has no errors without degrees of freedom, unless sigmas are absolute', () => {
    const exact = { ...fit, residuals: Float64Array.of(0, 0), jacobian: Float64Array.of(1, 0, 1, 2) };
    expect(fitStatistics(exact).parameters[0]!.standardError).toBeNaN();
    const { parameters } = fitStatistics(exact, { absoluteSigma: true });
    expect(parameters[0]!.standardError).toBeCloseTo(1, 14);
    expect(parameters[1]!.standardError).toBeCloseTo(Math.SQRT1_2, 14);
  });

  it('does not throw on a Jacobian that is not finite', () => {
    const jacobian = fit.jacobian.map((value, i) => (i === 3 ? Number.NaN : value));
    expect(fitStatistics({ ...fit, jacobian }).parameters.map((p) => p.state)).toEqual([
      'undetermined',
      'undetermined',
    ]);
  });
});

describe('NIST certified standard deviations', () => {
  // The residuals of Lanczos1 are rounding errors of its data, and so is any deviation made from them.
  const problems = nistProblems().filter(({ name }) => name !== 'Lanczos1');

  it.each(problems.map((problem) => [problem.name, problem] as const))('%s: 8 digits', (_, p) => {
    const data = { x: p.x[0]!.length === 1 ? p.x.map((row) => row[0]!) : p.x, y: p.y };
    const { parameters } = fitStatistics(curveFit(p.traced, data, { start: p.starts[1]! }));
    parameters.forEach(({ standardError }, j) => {
      expect(Math.abs(standardError / p.deviations[j]! - 1)).toBeLessThan(1e-8);
    });
  });
});

describe('residualDiagnostics', () => {
  const residuals = Float64Array.of(1.2, -0.3, 0.8, -2.1, 0.05, 0.7, -0.9, 1.9, -0.4, 0.3, -1.1, 0.6);

  it('has the values of SciPy 1.17 (normaltest, skew, kurtosis) and of the Durbin-Watson formula', () => {
    const d = residualDiagnostics(residuals, 0.7);
    expect(d.normality).toBeCloseTo(0.8112096266819411, 12);
    expect(d.skewness).toBeCloseTo(-0.3023527434886731, 13);
    expect(d.kurtosis).toBeCloseTo(2.607499576720897, 13);
    expect(d.durbinWatson).toBeCloseTo(2.850328638497653, 13);
    expect(d.largest).toEqual({ index: 3, deviations: -2.1 / 0.7 });
  });

  it('does not test fewer than 8 residuals', () => {
    expect(residualDiagnostics(residuals.subarray(0, 7), 1).normality).toBeNaN();
  });
});

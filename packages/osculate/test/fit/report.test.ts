import { describe, expect, it } from 'vitest';
import { curveFit, fitReport, type TracedModel } from '../../src/fit/index.js';
import type { Tensor } from '../../src/tensor/index.js';
import { x, y } from './statistics/line.js';

const straight: TracedModel<Record<'a' | 'b', Tensor>> = (t, { a, b }) => a.add(b.mul(t));

describe('fitReport', () => {
  it('is the text of a straight line whose figures the closed form gives', () => {
    const fit = curveFit(straight, { x, y }, { start: { a: 0, b: 0 } });
    const report = fitReport(fit, { model: 'a + b*x' });
    expect(report).toMatchInlineSnapshot(`
      "[[Model]]
          a + b*x
      [[Fit]]
          converged-gradient: the residuals are orthogonal to the columns of the Jacobian within gradientTolerance
          observations        8
          degrees of freedom  6
          sum of squares      0.5489215
          residual deviation  0.302468
          R²                  0.9978033
          AIC                 -17.43393
          BIC                 -17.27505
          work                1 iterations, 3 residual vectors, 3 Jacobians
      [[Parameters, sigmas scaled by the residual deviation]]
                  value  standard error                     95% interval       p
          a  0.02475949     ± 0.2223198   (898%)  -0.5192375 … 0.5687565    0.91
          b    2.009924    ± 0.03850091  (1.92%)     1.915716 … 2.104132  3.3e-9
      [[Correlations]]
          a, b  -0.8767
      [[Residuals]]
          Durbin-Watson  3.405  neighbouring residuals are correlated
          normality, p   0.533
          largest        1.58 standard deviations, observation 5"
    `);
  });

  it('marks parameters at a bound and undetermined ones, and repeats warnings', () => {
    const fit = curveFit(
      (t, { a, b, c, d }) => a.add(b.mul(t)).add(c).add(d),
      { x, y, covariance: x.map((_, i) => x.map((__, j) => Number(i === j))) },
      { start: { a: 0, b: 4, c: 0, d: 1 }, bounds: { b: [3, 9] } },
    );
    const report = fitReport(fit);
    expect(report).toContain('(held at a bound)');
    expect(report).toContain('(not determined by the data)');
    expect(report).toContain('[[Warnings]]');
    expect(report).toContain('b is at its lower bound 3');
    expect(report).not.toContain('R²');
    expect(report).not.toContain('[[Model]]');
  });

  it('leaves out correlations below the threshold', () => {
    const fit = curveFit(straight, { x, y }, { start: { a: 0, b: 0 } });
    expect(fitReport(fit, { leastCorrelation: 0.99 })).not.toContain('[[Correlations]]');
  });
});

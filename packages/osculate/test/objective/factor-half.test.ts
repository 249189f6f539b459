import { describe, expect, it } from 'vitest';
import { fitStatistics, leastSquares } from '../../src/fit/index.js';
import { squaredError } from '../../src/nn/index.js';
import { densePoint, functionObjective, gaussNewtonMatrix, type Objective } from '../../src/objective/index.js';
import { residualJacobian } from '../../src/objective/residuals.js';
import { constant, type Tensor } from '../../src/tensor/index.js';
import { relativeError, smallProblem } from './support.js';

/** Jᵀ·v for J row-major. */
function transposed(jacobian: ArrayLike<number>, v: ArrayLike<number>): number[] {
  const n = jacobian.length / v.length;
  return Array.from({ length: n }, (_, j) => Array.from(v).reduce((sum, x, i) => sum + jacobian[i * n + j]! * x, 0));
}

/** 2·JᵀJ. */
function twiceSquare(jacobian: ArrayLike<number>, n: number): number[] {
  const m = jacobian.length / n;
  return Array.from({ length: n * n }, (_, k) => {
    const [a, b] = [Math.floor(k / n), k % n];
    let sum = 0;
    for (let i = 0; i < m; i++) sum += 2 * jacobian[i * n + a]! * jacobian[i * n + b]!;
    return sum;
  });
}

const t = [0, 0.4, 0.9, 1.5, 2.2];
const y = [2.1, 1.5, 1.1, 0.7, 0.4];

/** a·exp(−k·t) − y. */
const residuals = (x: Tensor): Tensor => {
  const [a, k] = [x.slice([0], [1]), x.slice([1], [2])];
  return constant(t, 'f64').neg().mul(k).exp().mul(a).sub(constant(y, 'f64'));
};

const curve = (at: Float64Array): Objective => functionObjective(residuals, at, { residuals: true });

describe('the objective has no ½: f = Σr², ∇f = 2·Jᵀr, and 2·JᵀJ is its Gauss-Newton matrix', () => {
  it('of a function', async () => {
    const at = Float64Array.of(2, 0.7);
    const r = t.map((v, i) => 2 * Math.exp(-0.7 * v) - y[i]!);
    const jacobian = t.flatMap((v) => [Math.exp(-0.7 * v), -2 * v * Math.exp(-0.7 * v)]);
    const { value, gradient, matrix } = await densePoint(curve(at), gaussNewtonMatrix, at);
    expect(value).toBeCloseTo(
      r.reduce((sum, v) => sum + v * v, 0),
      14,
    );
    expect(
      relativeError(
        gradient,
        transposed(
          jacobian,
          r.map((v) => 2 * v),
        ),
      ),
    ).toBeLessThan(1e-13);
    expect(relativeError(matrix.data, twiceSquare(jacobian, 2))).toBeLessThan(1e-13);
  });

  it.each(['elements', 'examples'] as const)('of a model with the squared error over %s', async (reduction) => {
    const { objective, start } = smallProblem({ loss: squaredError({ reduction }), chunk: 7 });
    const { value, gradient, matrix } = await densePoint(objective, gaussNewtonMatrix, start);
    const { residuals: r, jacobian } = await residualJacobian(objective, start);
    expect(value).toBeCloseTo(
      r.reduce((sum, v) => sum + v * v, 0),
      13,
    );
    expect(
      relativeError(
        gradient,
        transposed(
          jacobian.data,
          r.map((v) => 2 * v),
        ),
      ),
    ).toBeLessThan(1e-12);
    expect(relativeError(matrix.data, twiceSquare(jacobian.data, start.length))).toBeLessThan(1e-12);
  });
});

describe('osculate/fit has the ½ of statistics: cost = ½Σr²', () => {
  it('its cost is half the objective, its gradient half the objective’s', async () => {
    const fit = leastSquares(residuals, [1, 1], { maxEvaluations: 3 });
    const { value, gradient } = await curve(fit.parameters).valueAndGradient(fit.parameters, [0]);
    expect(fit.cost).toBeGreaterThan(0);
    expect(fit.cost).toBeCloseTo(value / 2, 14);
    const largest = Math.max(...Array.from(gradient, Math.abs));
    expect(fit.gradientNorm).toBeCloseTo(largest / 2, 12);
  });

  it('the covariance of its parameters is 2·s² times the inverse of the Gauss-Newton matrix', async () => {
    const fit = leastSquares(residuals, [1, 1]);
    const { covariance, residualDeviation } = fitStatistics(fit);
    const { matrix } = await densePoint(curve(fit.parameters), gaussNewtonMatrix, fit.parameters);
    const [a, b, c, d] = [...matrix.data] as [number, number, number, number];
    const inverse = [d, -b, -c, a].map((v) => v / (a * d - b * c));
    const scale = 2 * residualDeviation ** 2;
    expect(residualDeviation ** 2).toBeCloseTo((2 * fit.cost) / 3, 14);
    expect(
      relativeError(
        covariance.data,
        inverse.map((v) => scale * v),
      ),
    ).toBeLessThan(1e-9);
  });
});

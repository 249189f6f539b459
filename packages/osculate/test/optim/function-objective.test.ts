import { describe, expect, it } from 'vitest';
import { squaredError } from '../../src/nn/index.js';
import { residualJacobian } from '../../src/optim/curvature-sources/residual-jacobian.js';
import { exactHessian, functionObjective, gaussNewtonMatrix, levenbergMarquardt } from '../../src/optim/index.js';
import { InputError, ShapeError } from '../../src/tensor/index.js';
import { path, rosenbrock, rosenbrockStart } from './functions.js';
import { dot, relativeError, smallProblem } from './support.js';

describe('functionObjective', () => {
  it('is Σ rᵢ² of residuals, with its gradient', async () => {
    const { value, gradient } = await rosenbrock().valueAndGradient(rosenbrockStart, [0]);
    expect(value).toBeCloseTo(24.2, 12);
    expect(gradient[0]).toBeCloseTo(-215.6, 10);
    expect(gradient[1]).toBeCloseTo(-88, 10);
  });

  it('is a scalar function in the dtype of its start', async () => {
    const objective = functionObjective((x) => x.mul(x).sum().mul(0.5), Float32Array.of(3, 4));
    const { value, gradient } = await objective.valueAndGradient(Float32Array.of(3, 4), [0]);
    expect(value).toBe(12.5);
    expect(gradient).toEqual(Float32Array.of(3, 4));
    expect(objective.rows).toBe(1);
  });

  it('counts one gradient as one unit of work', async () => {
    const objective = rosenbrock();
    await objective.valueAndGradient(rosenbrockStart, [0]);
    expect(objective.work()).toBeCloseTo(1, 12);
  });

  it('refuses a vector without residuals, an empty start, and Gauss-Newton without residuals', async () => {
    expect(() => functionObjective((x) => x, rosenbrockStart)).toThrow(ShapeError);
    expect(() => functionObjective((x) => x, rosenbrockStart)).toThrow('{ residuals: true }');
    expect(() => functionObjective((x) => x.sum(), new Float64Array(0))).toThrow(InputError);
    const plain = functionObjective((x) => x.mul(x).sum(), rosenbrockStart);
    await expect(gaussNewtonMatrix.dense(plain, rosenbrockStart)).rejects.toThrow(InputError);
    await expect(path(levenbergMarquardt(), plain, rosenbrockStart, 1)).rejects.toThrow('needs residuals');
  });
});

describe('curvature sources', () => {
  it('the Hessian of Rosenbrock at its minimum has trace 1002 and determinant 400', async () => {
    const { matrix } = await exactHessian.dense(rosenbrock(), Float64Array.of(1, 1));
    const [a, b, c, d] = matrix.data as unknown as [number, number, number, number];
    expect(a + d).toBeCloseTo(1002, 10);
    expect(a * d - b * c).toBeCloseTo(400, 8);
  });

  it('the Gauss-Newton matrix of residuals is 2·JᵀJ', async () => {
    const { matrix } = await gaussNewtonMatrix.dense(rosenbrock(), Float64Array.of(2, 0));
    // J = [[−40, 10], [−1, 0]].
    expect(Array.from(matrix.data)).toEqual([2 * 1601, -800, -800, 200]);
  });

  it.each([exactHessian, gaussNewtonMatrix])(
    '$name: dense and products agree, chunks and weight decay included',
    async (source) => {
      const { objective, start } = smallProblem({ weightDecay: 0.3, chunk: 7 });
      const { value, gradient, matrix } = await source.dense(objective, start);
      const rows = Array.from({ length: 24 }, (_, i) => i);
      const known = await objective.valueAndGradient(start, rows);
      expect(value).toBeCloseTo(known.value, 12);
      expect(relativeError(gradient, known.gradient)).toBeLessThan(1e-13);
      const v = start.map((_, i) => Math.sin(i + 1)) as Float64Array;
      const product = v.map((_, i) => v.reduce((sum, x, j) => sum + matrix.data[i * v.length + j]! * x, 0));
      expect(relativeError(await source.product(objective, start)(v), product)).toBeLessThan(1e-13);
    },
  );

  it.each(['elements', 'examples'] as const)(
    'residuals of the squared error over %s sum to the objective',
    async (reduction) => {
      const { objective, start } = smallProblem({ weightDecay: 0.3, chunk: 7, loss: squaredError(reduction) });
      const { value, gradient, residuals } = await residualJacobian(objective, start);
      const known = await objective.valueAndGradient(
        start,
        Array.from({ length: 24 }, (_, i) => i),
      );
      expect(value).toBeCloseTo(known.value, 12);
      expect(dot(residuals, residuals)).toBeCloseTo(known.value, 12);
      expect(relativeError(gradient, known.gradient)).toBeLessThan(1e-13);
    },
  );

  it('the Hessian is the derivative of the gradient', async () => {
    const { objective, start } = smallProblem({ weightDecay: 0.3 });
    const rows = Array.from({ length: 24 }, (_, i) => i);
    const v = start.map((_, i) => Math.cos(i)) as Float64Array;
    const gradientAt = async (h: number) =>
      (await objective.valueAndGradient(start.map((x, i) => x + h * v[i]!) as Float64Array, rows)).gradient;
    const [ahead, behind] = [await gradientAt(1e-5), await gradientAt(-1e-5)];
    const difference = ahead.map((g, i) => (g - behind[i]!) / 2e-5);
    expect(relativeError(await exactHessian.product(objective, start)(v), difference)).toBeLessThan(1e-8);
  });
});

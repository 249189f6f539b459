import { describe, expect, it } from 'vitest';
import { allRows, densePoint, gaussNewtonMatrix, hessianMatrix } from '../../src/objective/index.js';
import { matrixProducts } from '../../src/objective/products.js';
import { rosenbrock } from './functions.js';
import { relativeError, smallProblem } from './support.js';

describe('a dense point', () => {
  it('of the Hessian of Rosenbrock at its minimum has trace 1002 and determinant 400', async () => {
    const { matrix } = await densePoint(rosenbrock(), hessianMatrix, Float64Array.of(1, 1));
    const [a, b, c, d] = [...matrix.data] as [number, number, number, number];
    expect(a + d).toBeCloseTo(1002, 10);
    expect(a * d - b * c).toBeCloseTo(400, 8);
  });

  it('of the Gauss-Newton matrix of residuals is 2·JᵀJ', async () => {
    const { matrix } = await densePoint(rosenbrock(), gaussNewtonMatrix, Float64Array.of(2, 0));
    // J = [[−40, 10], [−1, 0]].
    expect(Array.from(matrix.data)).toEqual([2 * 1601, -800, -800, 200]);
  });

  it.each([hessianMatrix, gaussNewtonMatrix])(
    '$name: dense and products agree, chunks and weight decay included',
    async (kind) => {
      const { objective, start } = smallProblem({ weightDecay: 0.3, chunk: 7 });
      const { value, gradient, matrix } = await densePoint(objective, kind, start);
      const known = await objective.valueAndGradient(start, allRows(24));
      expect(value).toBeCloseTo(known.value, 12);
      expect(relativeError(gradient, known.gradient)).toBeLessThan(1e-13);
      const v = Float64Array.from(start, (_, i) => Math.sin(i + 1));
      const product = v.map((_, i) => v.reduce((sum, x, j) => sum + matrix.data[i * v.length + j]! * x, 0));
      expect(relativeError(await matrixProducts(objective.at(start), kind).apply(v), product)).toBeLessThan(1e-13);
    },
  );

  it('has the derivative of the gradient as its Hessian', async () => {
    const { objective, start } = smallProblem({ weightDecay: 0.3 });
    const v = Float64Array.from(start, (_, i) => Math.cos(i));
    const gradientAt = async (h: number) => {
      const moved = Float64Array.from(start, (x, i) => x + h * v[i]!);
      return (await objective.valueAndGradient(moved, allRows(24))).gradient;
    };
    const [ahead, behind] = [await gradientAt(1e-5), await gradientAt(-1e-5)];
    const difference = Array.from(ahead, (g, i) => (g - behind[i]!) / 2e-5);
    const product = await matrixProducts(objective.at(start), hessianMatrix).apply(v);
    expect(relativeError(product, difference)).toBeLessThan(1e-8);
  });
});

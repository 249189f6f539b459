import { describe, expect, test } from 'vitest';
import { curveFit, leastSquares, type TracedModel } from '../../src/fit/index.js';
import { tracedProblem } from '../../src/fit/residuals/traced.js';
import { generator, input, type Tensor } from '../../src/tensor/index.js';
import { normals } from './random.js';

const m = 2000;
const x = Float64Array.from({ length: m }, (_, i) => (4 * i) / m);
const observed = (rate: number, seed: number): Float64Array => {
  const noise = normals(generator(seed), m);
  return x.map((at, i) => 2 * Math.exp(-rate * at) + 0.5 + 0.01 * noise[i]!) as Float64Array;
};
/** A model of its own, so that nothing is remembered of it. */
const decay =
  (): TracedModel =>
  (at, [a, k, c]) =>
    a!.mul(k!.mul(at).neg().exp()).add(c!);
const start = [1, 1, 0];

describe('memory that fits of one model share', () => {
  const first = { x, y: observed(0.7, 1) };
  const second = { x, y: observed(1.6, 2), sigma: 0.01 };

  test('a result stays as it is when the model is fitted to other data', () => {
    const model = decay();
    const result = curveFit(model, first, { start });
    const [residuals, jacobian] = [result.residuals.slice(), result.jacobian.slice()];
    curveFit(model, second, { start });
    expect(result.residuals).toEqual(residuals);
    expect(result.jacobian).toEqual(jacobian);
  });

  test('fits in turn are to the bit those of models of their own', () => {
    const model = decay();
    for (const data of [first, second, first, second]) {
      const [shared, own] = [curveFit(model, data, { start }), curveFit(decay(), data, { start })];
      expect(shared.parameters).toEqual(own.parameters);
      expect(shared.jacobian).toEqual(own.jacobian);
      expect(shared.evaluations).toEqual(own.evaluations);
    }
  });

  test('a start that is not finite shows nothing of an earlier fit', () => {
    const residuals = (p: Tensor) => p.log().sub(1);
    leastSquares(residuals, [1, 2]);
    const failed = leastSquares(residuals, [-1, 2]);
    expect(failed.status).toBe('non-finite-start');
    expect(failed.jacobian).toEqual(new Float64Array(4));
  });

  test('derivatives are written into whichever array is given, each time at the point of the call', () => {
    const p = [input('a', 'f64', []), input('b', 'f64', [])] as const;
    const problem = tracedProblem({ residuals: p[0].mul(p[1]).reshape([1]), parameters: p, data: [] });
    const [one, other, residual] = [new Float64Array(2), new Float64Array(2), new Float64Array(1)];
    problem.jacobian(Float64Array.of(2, 3), residual, one);
    problem.together!(Float64Array.of(5, 7), residual, other);
    expect([...one, ...other, ...residual]).toEqual([3, 2, 7, 5, 35]);
    problem.jacobian(Float64Array.of(11, 13), residual, one);
    expect([...one, ...other]).toEqual([13, 11, 7, 5]);
  });
});

import { describe, expect, it } from 'vitest';
import { curvatureOperator } from '../../src/curvature/index.js';
import { densePoint, empiricalFisherMatrix, functionObjective, gaussNewtonMatrix } from '../../src/objective/index.js';
import { residualJacobian } from '../../src/objective/residuals.js';
import { InputError, ShapeError } from '../../src/tensor/index.js';
import { rosenbrock, rosenbrockStart } from './functions.js';

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

  it.each([
    ['Gauss-Newton', gaussNewtonMatrix],
    ['empirical Fisher', empiricalFisherMatrix],
  ])('has the diagonal of the %s matrix of residuals', async (_, matrix) => {
    const { matrix: known } = await densePoint(rosenbrock(), matrix, rosenbrockStart);
    const diagonal = await curvatureOperator(rosenbrock().at(rosenbrockStart), matrix).diagonal();
    // J = (24 10; -1 0) at the start, r = (-4.4, 2.2).
    expect(known.data[0]).toBeCloseTo(matrix === gaussNewtonMatrix ? 1154 : 215.6 ** 2, 8);
    for (const i of [0, 1]) expect(diagonal[i]).toBeCloseTo(known.data[3 * i]!, 8);
  });

  it.each([
    ['null', /the function returned null; return a tensor/],
    ['3', /the function returned a value of type number; return a tensor/],
  ])('refuses a function that returns %s', (json, message) => {
    expect(() => functionObjective(() => JSON.parse(json), rosenbrockStart)).toThrow(InputError);
    expect(() => functionObjective(() => JSON.parse(json), rosenbrockStart)).toThrow(message);
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
    await expect(densePoint(plain, gaussNewtonMatrix, rosenbrockStart)).rejects.toThrow(InputError);
    await expect(residualJacobian(plain, rosenbrockStart)).rejects.toThrow('needs residuals');
  });
});

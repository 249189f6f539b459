import { describe, expect, test } from 'vitest';
import { Box } from '../../../src/fit/bounds.js';
import { inList } from '../../../src/fit/model.js';
import { checkData, type FitData } from '../../../src/fit/residuals/fit-data.js';
import { type BasisFunctions, basisAt, type SeparableModel } from '../../../src/fit/separable/basis.js';
import { type ProjectedJacobian, projectedProblem } from '../../../src/fit/separable/projected-problem.js';

const x = Array.from({ length: 25 }, (_, i) => i / 5);
const y = x.map((t, i) => Math.cos(1.3 * t) + 0.5 * Math.sin(7 * i));
const decays: BasisFunctions = (t, [k, l]) => [k!.mul(t).neg().exp(), l!.mul(t).cos(), k!.mul(l!).mul(t).sin()];
const model: SeparableModel = { basis: decays, fixed: (t, [k]) => t.mul(k!).mul(k!) };
const at = Float64Array.of(0.7, 1.9);
const inf = Number.POSITIVE_INFINITY;
const open = new Box({}, ['a', 'b', 'c']);

function jacobians(given: SeparableModel, data: FitData, box: Box, kind: ProjectedJacobian) {
  const checked = checkData('test', data);
  const problem = projectedProblem(basisAt({ model: given, q: 2, arrangement: inList }, checked), checked, box, kind);
  const m = x.length;
  const [exact, differenced] = [new Float64Array(2 * m), new Float64Array(2 * m)];
  const [moved, here] = [new Float64Array(m), new Float64Array(m)];
  // Central differences of order four.
  const h = 2e-4;
  const weights = new Map([
    [-2, 1],
    [-1, -8],
    [1, 8],
    [2, -1],
  ]);
  for (let k = 0; k < 2; k++) {
    for (const [steps, weight] of weights) {
      problem.evaluate(at.map((v, j) => (j === k ? v + steps * h : v)) as Float64Array, moved);
      for (let i = 0; i < m; i++) differenced[k * m + i]! += (weight * moved[i]!) / (12 * h);
    }
  }
  problem.evaluate(at, here);
  problem.jacobian(at, here, exact);
  const size = Math.max(...exact.map(Math.abs));
  const error = Math.max(...exact.map((v, i) => Math.abs(v - differenced[i]!))) / size;
  const gradient = (j: Float64Array) => [0, 1].map((k) => here.reduce((sum, r, i) => sum + r * j[k * m + i]!, 0));
  return { error, exact: gradient(exact), differenced: gradient(differenced) };
}

describe('projectedProblem', () => {
  const agreeing: BasisFunctions = (t, [k, l]) => [
    k!.mul(t).neg().exp(),
    l!.mul(t).cos(),
    k!.mul(t).neg().exp().mul(3),
  ];
  const covariance = x.map((s) => x.map((t) => Math.exp(-Math.abs(s - t))));
  const cases: readonly [string, SeparableModel, FitData, Box][] = [
    ['plain', { basis: decays }, { x, y }, open],
    ['with a fixed term that depends on α', model, { x, y }, open],
    ['with sigmas', model, { x, y, sigma: x.map((t) => 1 + t) }, open],
    ['with a covariance', model, { x, y, covariance }, open],
    [
      'with coefficients held at bounds',
      model,
      { x, y },
      new Box({ lower: [-inf, 5, -inf], upper: [-2, inf, inf] }, ['a', 'b', 'c']),
    ],
    ['with all coefficients held', model, { x, y }, new Box({ lower: [1, 1, 1], upper: [1, 1, 1] }, ['a', 'b', 'c'])],
    ['of a basis that lacks full rank', { basis: agreeing }, { x, y }, open],
  ];

  test.each(cases)('the Golub-Pereyra Jacobian is that of differences, %s', (_, given, data, box) => {
    expect(jacobians(given, data, box, 'golub-pereyra').error).toBeLessThan(1e-8);
  });

  test('the Kaufman Jacobian is another one with the same gradient', () => {
    const { error, exact, differenced } = jacobians(model, { x, y }, open, 'kaufman');
    expect(error).toBeGreaterThan(1e-2);
    exact.forEach((g, k) => {
      expect(g / differenced[k]!).toBeCloseTo(1, 8);
    });
  });
});

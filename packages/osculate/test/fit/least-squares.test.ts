import { describe, expect, test } from 'vitest';
import { leastSquares } from '../../src/fit/index.js';
import { tracedProblem } from '../../src/fit/residuals/traced.js';
import { concat } from '../../src/ops/index.js';
import { input, type Tensor } from '../../src/tensor/index.js';

const element = (p: Tensor, j: number): Tensor => p.slice([j], [j + 1]);
const rosenbrock = (p: Tensor): Tensor =>
  concat(
    [
      element(p, 1)
        .sub(element(p, 0).mul(element(p, 0)))
        .mul(10),
      element(p, 0).neg().add(1),
    ],
    0,
  );
const numericRosenbrock = {
  residuals: ([a, b]: Float64Array) => [10 * (b! - a! * a!), 1 - a!],
  jacobian: ([a]: Float64Array) => [
    [-20 * a!, 10],
    [-1, 0],
  ],
};

describe('leastSquares', () => {
  test.each([
    ['traced', rosenbrock],
    ['plain numbers with a Jacobian', numericRosenbrock],
    ['plain numbers', { residuals: numericRosenbrock.residuals }],
  ])('Rosenbrock, %s', (_, residuals) => {
    const result = leastSquares(residuals, [-1.2, 1]);
    expect(result.parameters[0]).toBeCloseTo(1, 10);
    expect(result.parameters[1]).toBeCloseTo(1, 10);
    expect(result.cost).toBeLessThan(1e-20);
    expect(result.status).toMatch(/^(converged|relative)/);
    expect(result.rank).toBe(2);
  });

  test('the result holds residuals and a row-major Jacobian of the solution', () => {
    const { parameters, residuals, jacobian, cost, gradientNorm } = leastSquares(
      { residuals: ([a, b]) => [a! + b!, a! - b! - 1, a! * b!], jacobian: ([a, b]) => [1, 1, 1, -1, b!, a!] },
      [1, 2],
    );
    const [a, b] = parameters as unknown as [number, number];
    expect(Array.from(residuals)).toEqual([a + b, a - b - 1, a * b]);
    expect(Array.from(jacobian)).toEqual([1, 1, 1, -1, b, a]);
    expect(cost).toBeCloseTo(((a + b) ** 2 + (a - b - 1) ** 2 + (a * b) ** 2) / 2, 15);
    expect(gradientNorm).toBeLessThan(1e-12);
  });

  test('evaluations are those made, those of differences included', () => {
    let [calls, jacobians] = [0, 0];
    // A minimum with residuals that are not zero, where the polish takes curvatures.
    const residuals = ([a, b]: Float64Array): number[] => {
      calls++;
      return [a! + b!, a! - b! - 1, a! * b!];
    };
    const jacobian = ([a, b]: Float64Array): number[] => {
      jacobians++;
      return [1, 1, 1, -1, b!, a!];
    };
    const given = leastSquares({ residuals, jacobian }, [1, 2]).evaluations;
    // The first call finds out how many residuals there are.
    expect(given.residuals).toBe(calls - 1);
    expect(given.jacobians).toBe(jacobians);
    expect(given.curvatures).toBeGreaterThan(0);
    for (const bounds of [{}, { lower: [0.2, 2], upper: [9, 2] }]) {
      calls = 0;
      expect(leastSquares({ residuals }, [1, 2], { bounds }).evaluations.residuals).toBe(calls - 1);
    }
  });

  test('parameters that only occur as a sum are found out', () => {
    const result = leastSquares({ residuals: ([a, b]) => [1, 2, 3].map((t) => (a! + b!) * t - 2 * t) }, [1, 5]);
    expect(result.status).toBe('singular');
    expect(result.rank).toBe(1);
    expect(result.parameters[0]! + result.parameters[1]!).toBeCloseTo(2, 12);
    expect(result.warnings.join()).toMatch(/not identifiable: changes of b[12]/);
  });

  test('a rate without a finite optimum drifts, which is said', () => {
    // The data do not rise, so the best saturation is immediate, and a is the mean.
    const y = [2.1, 2, 1.9];
    const { status, parameters, warnings } = leastSquares(
      { residuals: ([a, k]) => y.map((observed, i) => a! * (1 - Math.exp(-k! * (i + 1))) - observed) },
      [1, 1],
      { names: ['a', 'k'] },
    );
    expect(status).toBe('singular');
    expect(parameters[0]).toBeCloseTo(2, 12);
    expect(warnings[0]).toMatch(/^k is drifting to infinity/);
  });

  test('a start without finite residuals is a status', () => {
    const result = leastSquares({ residuals: ([a]) => [Math.log(a!)] }, [-1]);
    expect(result.status).toBe('non-finite-start');
    expect(result.parameters[0]).toBe(-1);
    expect(result.message).toMatch(/give another start/);
  });

  test('trial points without finite residuals are stepped back from', () => {
    const result = leastSquares({ residuals: ([a]) => [Math.log(a!) + 5] }, [20]);
    expect(result.parameters[0]).toBeCloseTo(Math.exp(-5), 12);
  });

  test('the budget ends a run', () => {
    const result = leastSquares(rosenbrock, [-1.2, 1], { maxEvaluations: 3 });
    expect(result.status).toBe('max-evaluations');
  });

  test('more parameters than residuals: a zero of the residuals, and the rank says the rest', () => {
    const result = leastSquares({ residuals: ([a, b, c]) => [a! + b! * c! - 3, b! - c!] }, [1, 1, 2]);
    expect(result.cost).toBeLessThan(1e-20);
    expect(result.rank).toBe(2);
    expect(result.status).toBe('singular');
  });

  test('functions that return the wrong thing are refused', () => {
    expect(() => leastSquares({ residuals: () => [] }, [1])).toThrow(/no residuals/);
    expect(() => leastSquares({ residuals: (p) => [p[0]!], jacobian: () => [1, 2] }, [1])).toThrow(
      /1 rows of 1, or 1 elements; got 2 elements/,
    );
    expect(() => leastSquares({ residuals: (p) => [p[0]!], jacobian: () => [[1, 2]] }, [1])).toThrow(/the first of 2/);
    let calls = 0;
    const changing = { residuals: (p: Float64Array) => Array.from({ length: ++calls }, () => p[0]!) };
    expect(() => leastSquares(changing, [1])).toThrow(/1 residuals at the start and 2 later/);
    expect(() => leastSquares((p) => p.cast('f32'), [1])).toThrow(/fits are in f64/);
    expect(() => leastSquares((p) => p.slice([0], [0]), [1])).toThrow(/no residuals at all/);
    expect(() => leastSquares((() => 1) as never, [1])).toThrow(/as an object/);
  });

  test('malformed starts and names are refused', () => {
    expect(() => leastSquares(rosenbrock, [])).toThrow(/no elements/);
    expect(() => leastSquares(rosenbrock, [1, Number.NaN])).toThrow(/element 1 of the start is NaN/);
    expect(() => leastSquares(rosenbrock, [1, 2], { names: ['a', 'a'] })).toThrow(/names \(a, a\) for 2 parameters/);
  });
});

describe('derivatives of traced residuals', () => {
  // r = (a·e^b, a²b, sin(ab)), at (0.7, −0.4), in closed form.
  const [a, b] = [0.7, -0.4];
  const e = Math.exp(b);
  const [s, c] = [Math.sin(a * b), Math.cos(a * b)];
  const jacobian = [e, 2 * a * b, b * c, a * e, a * a, a * c];
  const hessians = [
    [0, e, a * e],
    [2 * b, 2 * a, 0],
    [-b * b * s, c - a * b * s, -a * a * s],
  ];
  const build = (u: Tensor, v: Tensor): Tensor =>
    concat(
      [u.mul(v.exp()), u.mul(u).mul(v), u.mul(v).sin()].map((t) => t.reshape([1])),
      0,
    );
  const scalars = [input('u', 'f64', []), input('v', 'f64', [])] as const;
  const vector = input('p', 'f64', [2]);
  const forms = {
    scalars: tracedProblem({ residuals: build(...scalars), parameters: scalars, data: [] }),
    vector: tracedProblem({ residuals: build(element(vector, 0), element(vector, 1)), parameters: [vector], data: [] }),
  };

  test.each(Object.entries(forms))('%s: Jacobian, second derivative along a direction, curvature', (_, problem) => {
    const at = Float64Array.of(a, b);
    const columns = new Float64Array(6);
    problem.jacobian(at, new Float64Array(3), columns);
    for (const [i, d] of jacobian.entries()) expect(columns[i]).toBeCloseTo(d, 14);
    const second = new Float64Array(3);
    problem.secondDirectional!(at, Float64Array.of(2, -3), second);
    hessians.forEach(([aa, ab, bb], i) => {
      expect(second[i]).toBeCloseTo(4 * aa! - 12 * ab! + 9 * bb!, 13);
    });
    const curvature = new Float64Array(4);
    const weights = [0.3, -2, 5];
    problem.curvature!(at, Float64Array.from(weights), curvature);
    const sum = (k: number): number => weights.reduce((total, w, i) => total + w * hessians[i]![k]!, 0);
    for (const [i, k] of [0, 1, 1, 2].entries()) expect(curvature[i]).toBeCloseTo(sum(k), 13);
  });
});

import { compile } from 'osculate/compile';
import { referenceExecutor } from 'osculate/runtime';
import { constant, input, type Tensor, toNumbers } from 'osculate/tensor';
import { describe, expect, it } from 'vitest';
import { burgers, burgersSolution } from '../../src/problems/pinn/burgers.js';
import { partial } from '../../src/problems/pinn/derivatives.js';
import { type Equation, residualsOf } from '../../src/problems/pinn/pinn-problem.js';
import { poisson1d, poisson2d } from '../../src/problems/pinn/poisson.js';

async function evaluate(output: Tensor, feeds: Record<string, readonly number[][]> = {}): Promise<number[]> {
  const executable = await referenceExecutor().load(compile({ output }));
  const arrays = Object.fromEntries(
    Object.entries(feeds).map(([name, rows]) => [name, Float64Array.from(rows.flat())]),
  );
  return toNumbers((await executable.run(arrays)).output!);
}

const column = (x: Tensor, k: number): Tensor => x.slice([0, k], [x.shape[0]!, k + 1]);
const points = [
  [0.3, -0.7],
  [0.9, 0.2],
];

describe('derivatives along axes', () => {
  const x = input('x', 'f64', [2, 2]);
  // u = a³·sin b
  const u = column(x, 0).mul(column(x, 0)).mul(column(x, 0)).mul(column(x, 1).sin());
  const check = async (derivative: Tensor, exact: (a: number, b: number) => number) =>
    expect(await evaluate(derivative, { x: points })).toEqual(
      points.map(([a, b]) => expect.closeTo(exact(a!, b!), 13)),
    );
  it('first', () => check(partial(u, x, 0), (a, b) => 3 * a * a * Math.sin(b)));
  it('second', () => check(partial(partial(u, x, 0), x, 0), (a, b) => 6 * a * Math.sin(b)));
  it('mixed', () => check(partial(partial(u, x, 0), x, 1), (a, b) => 3 * a * a * Math.cos(b)));
});

describe('residuals', () => {
  /** The weighted residuals of a function at interior and boundary points, each with weight 1. */
  async function residuals(equation: Equation, u: (x: Tensor) => Tensor): Promise<number[]> {
    const sides = [0.2, 0.7, 0.4, 0.9];
    let next = 0;
    const uniform = (): number => sides[next++ % 4]!;
    const rows = Array.from({ length: 8 }, (_, i) => {
      const inside = i < 4;
      const point = inside ? equation.inside(uniform) : equation.boundary(uniform, i - 4);
      return [...point, inside ? 1 : 0, inside ? 0 : 1, equation.exact(point, equation.settings)];
    });
    return evaluate(residualsOf(equation, equation.settings, u, constant(rows, 'f64')));
  }
  const sine = (x: Tensor, k: number): Tensor => column(x, k).mul(Math.PI).sin();

  it('vanish for the exact solutions of the Poisson equations', async () => {
    for (const r of await residuals(poisson1d, (x) => sine(x, 0))) expect(Math.abs(r)).toBeLessThan(1e-13);
    const exact = await residuals(poisson2d, (x) => sine(x, 0).mul(sine(x, 1)));
    for (const r of exact) expect(Math.abs(r)).toBeLessThan(1e-13);
  });

  it('of another function are its Laplacian and its value on the boundary', async () => {
    const r = await residuals(poisson2d, (x) => column(x, 0).mul(column(x, 0)).mul(column(x, 1)));
    const [a, b] = [0.2, 0.7];
    expect(r[0]).toBeCloseTo(2 * b + 2 * Math.PI ** 2 * Math.sin(Math.PI * a) * Math.sin(Math.PI * b), 12);
    // The sixth point is on the side x = 1, the eighth on y = 1.
    expect(r[4]).toBeCloseTo(0, 14);
    expect(r[5]).toBeGreaterThan(0);
  });

  it('of Burgers’ equation are those of its terms', async () => {
    // u = t·x³: x³ + t²·3x⁵ − ν·6tx
    const r = await residuals(burgers, (p) => column(p, 0).mul(column(p, 1)).mul(column(p, 1)).mul(column(p, 1)));
    const [t, x] = [0.2, 2 * 0.7 - 1];
    expect(r[0]).toBeCloseTo(x ** 3 + 3 * t * t * x ** 5 - 0.1 * 6 * t * x, 13);
  });
});

describe('the exact solution of Burgers’ equation', () => {
  it('solves the equation', () => {
    const [h, nu] = [1e-4, 0.1];
    const u = (t: number, x: number): number => burgersSolution(t, x, nu);
    for (const [t, x] of [
      [0.3, 0.2],
      [0.8, -0.5],
    ] as const) {
      const flow = (u(t + h, x) - u(t - h, x)) / (2 * h) + (u(t, x) * (u(t, x + h) - u(t, x - h))) / (2 * h);
      const spread = (nu * (u(t, x + h) - 2 * u(t, x) + u(t, x - h))) / h ** 2;
      expect(flow).toBeCloseTo(spread, 5);
    }
  });
  it('has its initial and boundary values', () => {
    expect(burgersSolution(0, 0.3, 0.1)).toBe(-Math.sin(0.3 * Math.PI));
    expect(burgersSolution(1e-9, 0.3, 0.1)).toBeCloseTo(-Math.sin(0.3 * Math.PI), 6);
    for (const x of [-1, 1]) expect(burgersSolution(0.5, x, 0.1)).toBeCloseTo(0, 13);
  });
  it('has the slope at the front that Basdevant et al. 1986 print', () => {
    // ν = 0.01/π: max |∂u/∂x| at x = 0 is 152.00516 at t = 1.6037/π.
    const [t, h] = [1.6037 / Math.PI, 1e-6];
    const slope = (burgersSolution(t, h, 0.01 / Math.PI) - burgersSolution(t, -h, 0.01 / Math.PI)) / (2 * h);
    expect(Math.abs(slope)).toBeCloseTo(152.00516, 3);
  });
});

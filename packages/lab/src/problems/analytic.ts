import { stack } from 'osculate/ops';
import type { Tensor } from 'osculate/tensor';
import { beale, rosenbrock } from './mgh/fixed-size.js';
import type { Family, Problem } from './problem.js';
import { vectorProblem } from './vector-problem.js';

/** What is compared on small least squares: the Newton family, quasi-Newton, and two first-order methods. */
export const smallLeastSquares = [
  'levenberg-marquardt',
  'gauss-newton',
  'trust-region',
  'newton',
  'bfgs',
  'adam:learningRate=0.05',
  'heavy-ball',
];

const coordinates = (x: Tensor): [Tensor, Tensor] => [x.slice([0], [1]).reshape([]), x.slice([1], [2]).reshape([])];

const zero = (source: string) => ({ f: 0, source });

type Maker = (name: string) => Problem;

const makers: Readonly<Record<string, { readonly summary: string; readonly make: Maker }>> = {
  rosenbrock: {
    summary: 'Rosenbrock’s banana valley, 2 variables',
    make: (name) =>
      vectorProblem({
        ...{
          name,
          title: 'Rosenbrock’s function',
          kind: 'least squares',
          f: (x) => rosenbrock(x, 2),
          start: [-1.2, 1],
        },
        description: 'f = 100·(y − x²)² + (1 − x)² (Rosenbrock 1960) from (−1.2, 1); the minimum is 0 at (1, 1).',
        difficulty: 'a curved valley whose walls are 2500 times steeper than its floor: κ = 2508 at the minimum',
        minimum: zero('f(1, 1) = 0'),
        optimizers: smallLeastSquares,
      }),
  },
  beale: {
    summary: 'Beale’s function, 2 variables',
    make: (name) =>
      vectorProblem({
        ...{ name, title: 'Beale’s function', kind: 'least squares', f: (x) => beale(x, 3), start: [1, 1] },
        description:
          'f = Σ (yᵢ − x·(1 − yⁱ))² with y = 1.5, 2.25, 2.625 (Beale 1958) from (1, 1); the minimum is 0 at (3, 0.5).',
        difficulty: 'flat valleys along y = 1 that lead to infinity, with sharp walls at the corners',
        minimum: zero('f(3, 1/2) = 0'),
        optimizers: smallLeastSquares,
      }),
  },
  himmelblau: {
    summary: 'Himmelblau’s function, 2 variables, four minima',
    make: (name) =>
      vectorProblem({
        ...{ name, title: 'Himmelblau’s function', kind: 'least squares', start: [0, 0] },
        f: (p) => {
          const [x, y] = coordinates(p);
          return stack([x.mul(x).add(y).sub(11), y.mul(y).add(x).sub(7)], 0);
        },
        description:
          'f = (x² + y − 11)² + (x + y² − 7)² (Himmelblau 1972) from the origin; four minima with f = 0, one at (3, 2).',
        difficulty: 'four basins, four saddles and a maximum near the start: where a method ends depends on its steps',
        minimum: zero('f(3, 2) = 0'),
        optimizers: smallLeastSquares,
      }),
  },
  'cube-roots': {
    summary: 'the three cube roots of one, 2 variables: Newton’s fractal',
    make: (name) =>
      vectorProblem({
        ...{ name, title: 'The cube roots of one', kind: 'least squares', start: [-1, 0.3] },
        f: (p) => {
          const [x, y] = coordinates(p);
          const [xx, yy] = [x.mul(x), y.mul(y)];
          return stack([x.mul(xx.sub(yy.mul(3))).sub(1), y.mul(xx.mul(3).sub(yy))], 0);
        },
        description:
          'f = |z³ − 1|² with z = x + iy from (−1, 0.3); minima with f = 0 at the three roots. Gauss-Newton with full steps is ' +
          'Newton’s method for z³ = 1 (Cayley 1879).',
        difficulty:
          'a degenerate stationary point at the origin, where three basins meet; full steps have a fractal boundary',
        minimum: zero('f(1, 0) = 0'),
        optimizers: smallLeastSquares,
      }),
  },
  'monkey-saddle': {
    summary: 'the monkey saddle, unbounded below',
    make: (name) =>
      vectorProblem({
        ...{ name, title: 'The monkey saddle', kind: 'function', start: [1e-3, 1e-3] },
        f: (p) => {
          const [x, y] = coordinates(p);
          return x.mul(x).mul(x).sub(x.mul(y).mul(y).mul(3));
        },
        description:
          'f = x³ − 3xy² from near its saddle at the origin, where gradient and Hessian vanish; f is unbounded below.',
        difficulty:
          'a degenerate saddle: Newton steps lead to it, and only methods that use negative curvature leave it fast',
        optimizers: [
          'saddle-free-newton',
          'trust-region',
          'adaptive-cubic',
          'newton',
          'adam:learningRate=0.05',
          'sgd:learningRate=0.01',
        ],
      }),
  },
};

/** Two-dimensional functions that everybody knows. */
export const analyticFamilies: readonly Family[] = Object.entries(makers).map(([name, { summary, make }]) => ({
  name,
  summary,
  settings: {},
  make,
}));

import { partial } from './derivatives.js';
import type { Equation } from './pinn-problem.js';

const steps = (count: number): number[] => Array.from({ length: count + 1 }, (_, i) => i / count);

/** −u″ = π²·sin πx on [0, 1], u(0) = u(1) = 0: u = sin πx. */
export const poisson1d: Equation = {
  name: 'poisson-1d',
  title: 'Poisson equation in one dimension by a network',
  summary: 'a physics-informed network for −u″ = π² sin πx',
  description: '−u″ = π² sin πx on [0, 1] with u = 0 at the ends; the solution is sin πx.',
  difficulty:
    'second derivatives make the least squares badly conditioned; small enough for any method to be run to the end',
  settings: { width: 12, layers: 1, interior: 60, boundary: 2 },
  axes: 1,
  targetSource: 'the accuracy that Gauss-Newton methods are known for on such problems',
  exact: ([x]) => Math.sin(Math.PI * x!),
  inside: (uniform) => [uniform()],
  boundary: (_, i) => [i % 2],
  grid: () => steps(200).map((x) => [x]),
  residual: (u, points) => {
    const second = partial(partial(u, points, 0), points, 0);
    return second.add(
      points
        .mul(Math.PI)
        .sin()
        .mul(Math.PI ** 2),
    );
  },
};

/** −Δu = 2π²·sin πx·sin πy on the unit square, u = 0 on its boundary: u = sin πx·sin πy. */
export const poisson2d: Equation = {
  name: 'poisson-2d',
  title: 'Poisson equation in two dimensions by a network',
  summary: 'a physics-informed network for −Δu = 2π² sin πx sin πy',
  description: '−Δu = 2π² sin πx sin πy on the unit square with u = 0 on its boundary; the solution is sin πx sin πy.',
  difficulty:
    'second derivatives make the least squares badly conditioned: first-order methods are left at errors of about 1e-3',
  settings: { width: 12, layers: 3, weight: 1000 },
  axes: 2,
  targetSource: 'the accuracy that Gauss-Newton methods are known for on such problems',
  exact: ([x, y]) => Math.sin(Math.PI * x!) * Math.sin(Math.PI * y!),
  inside: (uniform) => [uniform(), uniform()],
  boundary: (uniform, i) => {
    const [along, side] = [uniform(), i % 4];
    return side < 2 ? [side, along] : [along, side - 2];
  },
  grid: () => steps(40).flatMap((x) => steps(40).map((y) => [x, y])),
  residual: (u, points) => {
    const rows = points.shape[0]!;
    const sine = (k: number) =>
      points
        .slice([0, k], [rows, k + 1])
        .mul(Math.PI)
        .sin();
    const second = (k: number) => partial(partial(u, points, k), points, k);
    return second(0)
      .add(second(1))
      .add(
        sine(0)
          .mul(sine(1))
          .mul(2 * Math.PI ** 2),
      );
  },
};

import { partial } from './derivatives.js';
import type { Equation } from './pinn-problem.js';

/** Points of the quadrature: the integrand is analytic and vanishes at the ends, so that the error falls exponentially. */
const points = 400;

/**
 * u(t, x) of u_t + u·u_x = ν·u_xx with u(0, x) = −sin πx, u(t, ±1) = 0, by the Cole-Hopf transform (Basdevant et al. 1986):
 * u = −∫ sin π(x−η)·w dη / ∫ w dη, w = exp(−cos π(x−η)/(2πν) − η²/(4νt)), by the trapezoidal rule. For ν from 0.001.
 */
export function burgersSolution(t: number, x: number, viscosity: number): number {
  if (t === 0) return -Math.sin(Math.PI * x);
  // The cosine's part of the exponent varies by 1/(πν); 40 more is a factor of 1e-17.
  const reach = Math.sqrt(4 * viscosity * t * (1 / (Math.PI * viscosity) + 40));
  let [top, bottom] = [0, 0];
  for (let i = 1; i < points; i++) {
    const eta = reach * ((2 * i) / points - 1);
    const z = Math.PI * (x - eta);
    const w = Math.exp(-(Math.cos(z) + 1) / (2 * Math.PI * viscosity) - eta ** 2 / (4 * viscosity * t));
    top += Math.sin(z) * w;
    bottom += w;
  }
  return -top / bottom;
}

/** Burgers' equation on t in [0, 1], x in [−1, 1]. */
export const burgers: Equation = {
  name: 'burgers',
  title: 'Burgers’ equation by a network',
  summary: 'a physics-informed network for Burgers’ equation, with its steep front',
  description:
    'u_t + u·u_x = ν·u_xx, u(0, x) = −sin πx, u(t, ±1) = 0; the exact solution is by the Cole-Hopf transform.',
  difficulty: 'nonlinear, and the solution forms a front of width about ν at x = 0 by t = 1/π',
  settings: { interior: 600, boundary: 120, viscosity: 0.1 },
  axes: 2,
  targetSource: 'the accuracy that Gauss-Newton methods are known for on such problems',
  exact: ([t, x], { viscosity }) => burgersSolution(t!, x!, Number(viscosity)),
  inside: (uniform) => [uniform(), 2 * uniform() - 1],
  boundary: (uniform, i) => (i % 2 === 0 ? [0, 2 * uniform() - 1] : [uniform(), i % 4 === 1 ? -1 : 1]),
  grid: () => Array.from({ length: 21 * 41 }, (_, i) => [Math.floor(i / 41) / 20, ((i % 41) - 20) / 20]),
  residual: (u, points, { viscosity }) => {
    const slope = partial(u, points, 1);
    const flow = partial(u, points, 0).add(u.mul(slope));
    return flow.sub(partial(slope, points, 1).mul(Number(viscosity)));
  },
};

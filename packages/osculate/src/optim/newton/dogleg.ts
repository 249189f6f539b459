import { choleskySolve } from '../../linalg/dense/cholesky.js';
import type { Matrix } from '../../linalg/matrix.js';
import { radiusRule } from '../../linalg/trust-region/rules.js';
import { allFinite, dotInOrder, norm, plus, scaled } from '../../linalg/vectors.js';
import { hessianMatrix } from '../../objective/matrices.js';
import { densePoint } from '../../objective/products.js';
import { checkNames, checkOptions } from '../../tensor/check-options.js';
import { denseDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { shifted, shiftedCholesky } from './newton.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import type { TrustRegionOptions } from './trust-region.js';
import { trustRegionOptions } from './trust-region.js';

function times({ rows, data }: Matrix, v: Float64Array): Float64Array {
  return v.map((_, i) => dotInOrder(data.subarray(i * rows, (i + 1) * rows), v));
}

/** The t in [0, 1] at which ‖a + t·d‖ = radius, ‖a‖ ≤ radius. */
function crossing(a: Float64Array, d: Float64Array, radius: number): number {
  const [square, half, rest] = [dotInOrder(d, d), dotInOrder(a, d), Math.max(0, radius * radius - dotInOrder(a, a))];
  const root = Math.sqrt(half * half + square * rest);
  return half > 0 ? rest / (half + root) : (root - half) / square;
}

/** Powell's path: from the origin to the Cauchy point and on to the Newton point, cut off at the radius. */
function doglegStep(
  gradient: Float64Array,
  cauchy: Float64Array,
  newtonPoint: Float64Array,
  radius: number,
): Float64Array {
  if (norm(newtonPoint) <= radius) return newtonPoint;
  if (norm(cauchy) >= radius) return scaled(gradient, -radius / norm(gradient));
  const leg = plus(newtonPoint, cauchy, -1);
  return plus(cauchy, leg, crossing(cauchy, leg, radius));
}

/**
 * A trust region with Powell's dogleg (Nocedal and Wright 2006, section 4.1): the step follows steepest descent and then turns to the Newton
 * point. Where the curvature is not positive definite it is shifted until it is. For smooth functions of few parameters, not for networks.
 * Cost a step: about 2n gradients, one factorisation (n³/3), one value a trial: less linear algebra than the exact subproblem, and no hard
 * case.
 * @throws InputError when the radius is not positive.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: dogleg() });
 * x; // [1.000, 1.000]
 */
export function dogleg(options: TrustRegionOptions = {}): Optimizer<RegionState> {
  checkNames('dogleg', options, trustRegionOptions);
  const { radius = 1, curvature = hessianMatrix } = options;
  checkOptions('dogleg', { 'a finite number > 0': { radius } });
  return regionMethod({
    name: 'Dogleg',
    demand: denseDemand(curvature.name, 3, 2 / 3),
    settings: { radius, curvature: curvature.name },
    region: radius,
    rule: radiusRule,
    model: async (objective, at) => {
      const { value, gradient, matrix } = await densePoint(objective, curvature, at);
      if (!allFinite(gradient) || !allFinite(matrix.data)) return { value, gradient };
      const { factor, shift, indefinite } = shiftedCholesky(matrix);
      const b = shift > 0 ? shifted(matrix, shift) : matrix;
      const newtonPoint = choleskySolve(factor, scaled(gradient, -1));
      const square = dotInOrder(gradient, gradient);
      const cauchy = scaled(gradient, square > 0 ? -square / dotInOrder(gradient, times(b, gradient)) : 0);
      return {
        value,
        gradient,
        indefinite,
        propose: (region) => {
          const step = doglegStep(gradient, cauchy, newtonPoint, region);
          return {
            step,
            predicted: -dotInOrder(gradient, step) - 0.5 * dotInOrder(step, times(b, step)),
            details: { shift },
          };
        },
      };
    },
  });
}

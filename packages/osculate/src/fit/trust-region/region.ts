import { MoreSteps } from '../../linalg/trust-region/more.js';
import { checkOptions } from '../../tensor/check-options.js';
import { requireObject } from '../checks.js';
import { scaledLength } from './convergence.js';
import { Factorization } from './factorization.js';
import type { Iterate } from './iterate.js';

/** How the trust region is steered. The defaults are MINPACK's. */
export interface TrustRegionOptions {
  /** λ > 0: the first radius is the length of the step (JᵀJ + λI)p = −Jᵀr; default: 100 times the scaled length of the parameters. */
  readonly damping?: number;
  /** Factor of the radius after a poor step, between 0 and 1; default 0.25. */
  readonly shrink?: number;
  /** Radius after a good step as a multiple of its length, 1 or more; default 2. */
  readonly grow?: number;
  /** Least gain of the cost, relative to the model's promise, of a step that is taken, from 0 to below 1; default 1e-4. */
  readonly leastRatio?: number;
}

/** @throws InputError for an option outside its range. */
export function checkedRegion(what: string, options: TrustRegionOptions = {}): TrustRegionOptions {
  requireObject(`${what}: trustRegion`, options, 'an object, as { damping: 1 }');
  const { damping, shrink, grow, leastRatio } = options;
  checkOptions(`${what}, trust region`, {
    'a finite number > 0': { damping },
    'a number above 0 and below 1': { shrink },
    'a finite number ≥ 1': { grow },
    'a number from 0 to below 1': { leastRatio },
  });
  return options;
}

/** ‖D·p‖ of the step (JᵀS²J + λI)p = −g at an iterate. */
export function dampedLength({ problem, linear }: Iterate, scale: Float64Array, damping: number): number {
  const { size: m, parameters: n } = problem;
  const factorization = new Factorization(m, n);
  factorization.factor(linear, new Float64Array(n).fill(1), new Int8Array(n).fill(1));
  const steps = new MoreSteps(factorization);
  steps.at(damping);
  const inOrder = Float64Array.from(factorization.pivots, (j) => scale[j]!);
  return scaledLength(steps.q, inOrder);
}

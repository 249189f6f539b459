import { type ElementwiseOptions, elementwise } from './elementwise.js';
import type { Loss } from './loss.js';

/**
 * Squared error Σ w·(o − y)²/m, m = number of elements (default) or of examples, w = 1 unless weights are given. H = 2w/m·I. (o − y)² is the
 * negative log-likelihood of a Gaussian with variance 1/2. Unlike a weighted mean, m does not depend on the weights.
 * @throws InputError for options that it does not have.
 * @example
 * const known = squaredError({ weights: (y) => y.notEqual(-999) }); // targets that are missing are −999
 */
export function squaredError(options: ElementwiseOptions = {}): Loss {
  return elementwise(
    'squaredError',
    {
      name: 'squared error',
      nll: (o, y) => {
        const difference = o.sub(y);
        return difference.mul(difference);
      },
      residuals: (o, y) => o.sub(y),
      hessianProduct: (_o, _y, u) => u.mul(2),
      draw: (output, generator) => output + Math.SQRT1_2 * generator.normal(),
    },
    options,
  );
}

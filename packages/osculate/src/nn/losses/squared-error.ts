import type { Tensor } from '../../tensor/ir.js';
import { zeros } from '../../tensor/ndarray.js';
import { checkFinite, checkTargets, divisor, type Loss, type Reduction } from './loss.js';

/**
 * Squared error Σ(o − y)²/m, m = number of elements (default) or of examples. H = 2/m·I. (o − y)² is the negative
 * log-likelihood of a Gaussian with variance 1/2.
 */
export function squaredError(reduction: Reduction = 'elements'): Loss {
  const normalizer = (outputs: Tensor): number => divisor(reduction, outputs, outputs.size);
  return {
    name: 'squared error',
    normalizer,
    value: (outputs, targets) => {
      checkTargets('squaredError', outputs, targets);
      const difference = outputs.sub(targets);
      return difference
        .mul(difference)
        .sum()
        .mul(1 / normalizer(outputs));
    },
    residuals: (outputs, targets) => outputs.sub(targets).mul(Math.sqrt(1 / normalizer(outputs))),
    hessianProduct: (outputs, _, u) => u.mul(2 / normalizer(outputs)),
    sample: (outputs, generator) => {
      checkFinite('squaredError', outputs);
      const targets = zeros(outputs.dtype, outputs.shape);
      for (let i = 0; i < targets.data.length; i++)
        targets.data[i] = outputs.data[i]! + Math.SQRT1_2 * generator.normal();
      return targets;
    },
  };
}

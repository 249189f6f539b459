import type { Tensor } from '../../tensor/ir.js';
import { zeros } from '../../tensor/ndarray.js';
import { checkFinite, checkTargets, divisor, type Loss, type Reduction } from './loss.js';

/**
 * Binary cross-entropy of sigmoid(outputs): Σ softplus(o) − y·o over m, stable for any logit; targets in [0, 1].
 * m = number of elements (default) or of examples. H = diag(s(1 − s))/m, s = sigmoid(o).
 */
export function sigmoidCrossEntropy(reduction: Reduction = 'elements'): Loss {
  const normalizer = (outputs: Tensor): number => divisor(reduction, outputs, outputs.size);
  return {
    name: 'sigmoid cross-entropy',
    normalizer,
    value: (outputs, targets) => {
      checkTargets('sigmoidCrossEntropy', outputs, targets);
      return outputs
        .softplus()
        .sub(targets.mul(outputs))
        .sum()
        .mul(1 / normalizer(outputs));
    },
    hessianProduct: (outputs, _, u) => {
      const s = outputs.sigmoid();
      return s
        .sub(s.mul(s))
        .mul(u)
        .mul(1 / normalizer(outputs));
    },
    sample: (outputs, generator) => {
      checkFinite('sigmoidCrossEntropy', outputs);
      const targets = zeros(outputs.dtype, outputs.shape);
      for (let i = 0; i < targets.data.length; i++) {
        targets.data[i] = generator.uniform() * (1 + Math.exp(-outputs.data[i]!)) < 1 ? 1 : 0;
      }
      return targets;
    },
  };
}

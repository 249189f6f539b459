import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { zeros } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { checkFinite, checkTargets, divisor, type Loss, type Reduction } from './loss.js';

/** A draw costs time in proportion to its rate. */
const largestRate = 1e7;

/** Knuth's product method in logarithms for small rates; sums of independent halves for large ones keep it exact. */
function drawPoisson(rate: number, generator: Generator): number {
  if (rate > 30) {
    const half = drawPoisson(rate / 2, generator);
    return half + drawPoisson(rate / 2, generator);
  }
  let count = 0;
  let left = rate;
  for (;;) {
    left += Math.log(1 - generator.uniform());
    if (left < 0) return count;
    count++;
  }
}

/**
 * Poisson regression with log-rates: Σ exp(o) − y·o over m (the negative log-likelihood without log y!), targets y ≥ 0.
 * m = number of elements (default) or of examples. H = diag(exp(o))/m.
 */
export function poisson(reduction: Reduction = 'elements'): Loss {
  const normalizer = (outputs: Tensor): number => divisor(reduction, outputs, outputs.size);
  return {
    name: 'poisson',
    normalizer,
    value: (outputs, targets) => {
      checkTargets('poisson', outputs, targets);
      return outputs
        .exp()
        .sub(targets.mul(outputs))
        .sum()
        .mul(1 / normalizer(outputs));
    },
    hessianProduct: (outputs, _, u) =>
      outputs
        .exp()
        .mul(u)
        .mul(1 / normalizer(outputs)),
    sample: (outputs, generator) => {
      checkFinite('poisson', outputs);
      const targets = zeros(outputs.dtype, outputs.shape);
      for (let i = 0; i < targets.data.length; i++) {
        const rate = Math.exp(outputs.data[i]!);
        if (rate > largestRate) throw new InputError(`poisson: cannot draw from rate ${rate} (output ${i})`);
        targets.data[i] = drawPoisson(rate, generator);
      }
      return targets;
    },
  };
}

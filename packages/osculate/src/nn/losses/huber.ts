import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { zeros } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { checkFinite, checkTargets, divisor, type Loss, type Reduction } from './loss.js';

/** One draw of the density ∝ exp(−ρ(r)), ρ Huber's function: rejection from a Laplace envelope, which is exact. */
function drawHuber(delta: number, generator: Generator): number {
  for (;;) {
    const size = -Math.log(1 - generator.uniform()) / delta;
    // Envelope exp(δ²/2 − δ|r|) ≥ exp(−ρ(r)), with equality for |r| ≥ δ.
    const gap = size < delta ? 0.5 * (delta - size) ** 2 : 0;
    if (generator.uniform() < Math.exp(-gap)) return generator.rademacher() * size;
  }
}

/**
 * Huber's loss Σ ρ(o − y)/m: ρ(r) = r²/2 for |r| ≤ δ, δ·(|r| − δ/2) beyond. m = number of elements (default) or of examples.
 * H = diag(|r| ≤ δ)/m. Its label distribution is o + r with density ∝ exp(−ρ(r)).
 */
export function huber(delta = 1, reduction: Reduction = 'elements'): Loss {
  if (!(delta > 0)) throw new InputError(`huber: delta must be positive, got ${delta}`);
  const normalizer = (outputs: Tensor): number => divisor(reduction, outputs, outputs.size);
  return {
    name: 'huber',
    normalizer,
    value: (outputs, targets) => {
      checkTargets('huber', outputs, targets);
      const r = outputs.sub(targets);
      const size = r.abs();
      const inner = size.minimum(delta);
      // inner²/2 + δ·(|r| − inner) joins both pieces without a branch.
      const rho = inner.mul(inner).mul(0.5).add(size.sub(inner).mul(delta));
      return rho.sum().mul(1 / normalizer(outputs));
    },
    hessianProduct: (outputs, targets, u) => {
      const inside = outputs.sub(targets).abs().lessEqual(full(delta, outputs.dtype));
      return inside.where(u, 0).mul(1 / normalizer(outputs));
    },
    sample: (outputs, generator) => {
      checkFinite('huber', outputs);
      const targets = zeros(outputs.dtype, outputs.shape);
      for (let i = 0; i < targets.data.length; i++) {
        targets.data[i] = outputs.data[i]! + drawHuber(delta, generator);
      }
      return targets;
    },
  };
}

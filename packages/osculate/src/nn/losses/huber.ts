import { checkOptions } from '../../tensor/check-options.js';
import { full } from '../../tensor/leaf.js';
import type { Generator } from '../../tensor/random.js';
import { type ElementwiseOptions, elementwise } from './elementwise.js';
import { checkLossOptions, type Loss } from './loss.js';

/** Options of `huber`. */
export interface HuberOptions extends ElementwiseOptions {
  /** Where the loss turns from quadratic to linear (default 1). */
  readonly delta?: number;
}

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
 * Huber's loss Σ w·ρ(o − y)/m: ρ(r) = r²/2 for |r| ≤ δ, δ·(|r| − δ/2) beyond. m = number of elements (default) or of examples.
 * H = w·diag(|r| ≤ δ)/m. Its label distribution is o + r with density ∝ exp(−ρ(r)).
 * @throws InputError for options that it does not have, and a delta that is not a number > 0.
 * @example
 * const o = constant([[1], [5]], 'f64');
 * huber({ delta: 1 }).value(o, constant([[0.5], [0]], 'f64')); // 2.3125
 */
export function huber(options: HuberOptions = {}): Loss {
  checkLossOptions('huber', options, { delta: 1, reduction: 1, weights: 1 });
  const { delta = 1, ...common } = options;
  checkOptions('huber', { 'a number > 0': { delta } });
  return elementwise(
    'huber',
    {
      name: 'huber',
      nll: (o, y) => {
        const size = o.sub(y).abs();
        const inner = size.minimum(delta);
        // inner²/2 + δ·(|r| − inner) joins both pieces without a branch.
        return inner.mul(inner).mul(0.5).add(size.sub(inner).mul(delta));
      },
      hessianProduct: (o, y, u) => o.sub(y).abs().lessEqual(full(delta, o.dtype)).where(u, 0),
      draw: (output, generator) => output + drawHuber(delta, generator),
    },
    common,
  );
}

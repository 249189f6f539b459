import { requireFloat } from '../tensor/describe.js';
import type { Tensor } from '../tensor/ir.js';
import { normalizeAxes } from '../tensor/shape.js';
import { max } from './max.js';
import { keptShape, reducedShape, sum } from './sum.js';

/**
 * log Σ exp(x) over `axes` (all when absent), shifted by the largest element so that it never overflows; −∞ where all
 * elements are. Its derivative is softmax(x).
 */
export function logsumexp(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  requireFloat('logsumexp', x);
  const normal = normalizeAxes(axes, x.rank, 'logsumexp');
  const largest = max(x, normal, true).stopGradient();
  // Where the largest element is infinite there is nothing to shift: ∞ − ∞ would be NaN.
  const shift = largest.abs().less(Number.POSITIVE_INFINITY).where(largest, 0);
  const out = sum(x.sub(shift).exp(), normal)
    .log()
    .add(shift.reshape(reducedShape(x.shape, normal)));
  return keepDims ? out.reshape(keptShape(x.shape, normal)) : out;
}

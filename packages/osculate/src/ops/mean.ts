import { describe, requireFloat } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { normalizeAxes, sizeOf } from '../tensor/shape.js';
import { sum } from './sum.js';

/**
 * Mean over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`.
 * @throws ShapeError where there is nothing to average.
 */
export function mean(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  requireFloat('mean', x);
  const normal = normalizeAxes(axes, x.rank, 'mean');
  const count = sizeOf(normal.map((a) => x.shape[a]!));
  if (count === 0) throw new ShapeError(`mean over axes [${normal.join(', ')}] of ${describe(x)}: no elements`);
  return sum(x, normal, keepDims).mul(1 / count);
}

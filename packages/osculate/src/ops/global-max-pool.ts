import type { Tensor } from '../tensor/ir.js';
import { max } from './max.js';
import { spatialAxes } from './pool-shape.js';

/**
 * Largest element over all spatial axes, which keep length 1: `[n, c, …]` → `[n, c, 1, …]`. In derivatives equal maxima
 * share equally.
 *
 * @throws ShapeError unless x has one or more spatial axes.
 */
export function globalMaxPool(x: Tensor): Tensor {
  return max(x, spatialAxes('globalMaxPool', x), true);
}

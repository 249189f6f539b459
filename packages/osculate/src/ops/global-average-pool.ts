import { requireFloat } from '../tensor/describe.js';
import type { Tensor } from '../tensor/ir.js';
import { mean } from './mean.js';
import { spatialAxes } from './pool-shape.js';

/**
 * Mean over all spatial axes, which keep length 1: `[n, c, …]` → `[n, c, 1, …]`.
 *
 * @throws ShapeError unless x has one or more spatial axes.
 */
export function globalAveragePool(x: Tensor): Tensor {
  requireFloat('globalAveragePool', x);
  return mean(x, spatialAxes('globalAveragePool', x), true);
}

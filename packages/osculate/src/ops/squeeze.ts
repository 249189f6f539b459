import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { normalizeAxes } from '../tensor/shape.js';
import { reshape } from './reshape.js';
import { reducedShape } from './sum.js';

/**
 * Removes axes of length 1: those given, or all.
 * @throws ShapeError for an axis of another length.
 */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const chosen = axes ?? x.shape.flatMap((d, i) => (d === 1 ? [i] : []));
  const normal = normalizeAxes(chosen, x.rank, 'squeeze');
  for (const a of normal) {
    if (x.shape[a] !== 1) throw new ShapeError(`squeeze: axis ${a} of ${describe(x)} has length ${x.shape[a]}, not 1`);
  }
  return reshape(x, reducedShape(x.shape, normal));
}

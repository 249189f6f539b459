import { describe } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { normalizeAxis, sameShape } from '../tensor/shape.js';
import { concat } from './concat.js';
import { unsqueeze } from './unsqueeze.js';

/**
 * Tensors of one shape as slices of a new axis.
 * @throws InputError for an empty list; ShapeError that names two tensors of different shapes.
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new InputError('stack: there are no tensors');
  for (const t of tensors) {
    if (!sameShape(t.shape, first.shape)) {
      throw new ShapeError(`stack: ${describe(first)} and ${describe(t)} differ in shape`);
    }
  }
  const normal = normalizeAxis(axis, first.rank + 1, 'stack');
  return concat(
    tensors.map((t) => unsqueeze(t, normal)),
    normal,
  );
}

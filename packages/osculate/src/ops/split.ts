import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { normalizeAxis } from '../tensor/shape.js';
import { slice } from './slice.js';

function sizesOf(x: Tensor, parts: number | readonly number[], axis: number): readonly number[] {
  const length = x.shape[axis]!;
  const what = `split of ${describe(x)} along axis ${axis}`;
  if (typeof parts === 'number') {
    if (!Number.isInteger(parts) || parts < 1 || length % parts !== 0) {
      throw new ShapeError(`${what}: length ${length} does not divide into ${parts} equal parts; give their sizes`);
    }
    return new Array<number>(parts).fill(length / parts);
  }
  const whole = parts.every((n) => Number.isInteger(n) && n >= 0);
  if (!whole || parts.reduce((sum, n) => sum + n, 0) !== length) {
    throw new ShapeError(`${what}: sizes [${parts.join(', ')}] are not non-negative integers with sum ${length}`);
  }
  return parts;
}

/** Pieces along an axis: so many equal ones, or of the given sizes. The inverse of `concat`. */
export function split(x: Tensor, parts: number | readonly number[], axis: number): Tensor[] {
  const normal = normalizeAxis(axis, x.rank, 'split');
  let from = 0;
  return sizesOf(x, parts, normal).map((size) => {
    const lead = new Array<number>(normal).fill(0);
    const piece = slice(x, [...lead, from], [...x.shape.slice(0, normal), from + size]);
    from += size;
    return piece;
  });
}

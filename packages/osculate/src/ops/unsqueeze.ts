import type { Tensor } from '../tensor/ir.js';
import { normalizeAxes } from '../tensor/shape.js';
import { reshape } from './reshape.js';

/** Inserts axes of length 1 so that they stand at `axes` of the result; negative ones count from its end. */
export function unsqueeze(x: Tensor, axes: number | readonly number[]): Tensor {
  const rank = x.rank + (typeof axes === 'number' ? 1 : axes.length);
  const shape = [...x.shape];
  for (const a of normalizeAxes(axes, rank, 'unsqueeze')) shape.splice(a, 0, 1);
  return reshape(x, shape);
}

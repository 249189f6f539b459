import { concat } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';

/**
 * How a weight that is shared over time, tokens or patches is treated (Eschenhagen et al. 2023). `expand`: every position counts as an
 * example of its own. `reduce`: inputs are averaged and cotangents summed over the positions of an example first.
 */
export type WeightSharing = 'expand' | 'reduce';

/**
 * Rows [P·Π lead, d] → [P·examples, d]: every axis of `lead` but that of the examples is summed over; P counts what lies in
 * front of `lead`.
 */
export function sumOverSharing(rows: Tensor, lead: Shape, axis: number): Tensor {
  const d = rows.shape[1]!;
  const shared = sizeOf(lead) / lead[axis]!;
  if (shared === 1) return rows;
  const batches = rows.shape[0]! / sizeOf(lead);
  const axes = lead.flatMap((_, i) => (i === axis ? [] : [i + 1]));
  return rows
    .reshape([batches, ...lead, d])
    .sum(axes)
    .reshape([batches * lead[axis]!, d]);
}

/** Rows with a last column of ones: the homogeneous coordinate of a bias. */
export function withOnes(rows: Tensor): Tensor {
  return concat([rows, full(1, rows.dtype).expand([rows.shape[0]!, 1])], 1);
}

/** The last two axes swapped. */
export function swapLast(t: Tensor): Tensor {
  const order = t.shape.map((_, i) => i);
  return t.transpose([...order.slice(0, -2), t.rank - 1, t.rank - 2]);
}

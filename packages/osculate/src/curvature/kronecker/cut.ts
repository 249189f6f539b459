import type { SliceAttrs } from '../../ops/slice.js';
import type { Node, Tensor } from '../../tensor/ir.js';

/** Consecutive rows or columns of a matrix. */
export interface Range {
  readonly from: number;
  readonly size: number;
  /** How many the whole matrix has. */
  readonly of: number;
}

/** What a view has of a parameter, taken as the matrix of its last axis by all others. */
export interface Cut {
  readonly rows: Range;
  readonly columns: Range;
}

const whole = (count: number): Range => ({ from: 0, size: count, of: count });

function within({ from, of }: Range, start: number, size: number): Range {
  return { from: from + start, size, of };
}

/**
 * What is left of a parameter behind a slice; null when that is no block of consecutive rows or columns. A view is `[…, rows, columns]`, or
 * `[columns, rows]` when transposed; one row may be a vector.
 */
export function cutBy(node: Node<SliceAttrs>, transposed: boolean, before: Cut | null, parameter: Tensor): Cut | null {
  const columns = parameter.shape.at(-1) ?? 1;
  const { rows: r, columns: c } = before ?? { rows: whole(parameter.size / columns), columns: whole(columns) };
  const { shape, rank } = node.inputs[0]!;
  const { start, size, step } = node.attrs;
  const axes = shape.flatMap((d, i) => (size[i] === d ? [] : [i]));
  const last = transposed ? 0 : rank - 1;
  // A piece of one row.
  if (rank === 1 && !transposed && r.size === 1 && step[0] === 1 && shape[0] === c.size)
    return { rows: r, columns: within(c, start[0]!, size[0]!) };
  if (rank < 2 || axes.length > 1 || step.some((s) => s !== 1) || shape[last] !== c.size) return null;
  const [axis] = axes;
  if (axis === undefined) return { rows: r, columns: c };
  if (axis === last) return { rows: r, columns: within(c, start[axis]!, size[axis]!) };
  if (transposed) return { rows: within(r, start[axis]!, size[axis]!), columns: c };
  // Rows behind one another only if every axis in front has length 1.
  if (shape.slice(0, axis).some((d) => d !== 1)) return null;
  const inner = shape.slice(axis + 1, last).reduce((a, b) => a * b, 1);
  return { rows: within(r, start[axis]! * inner, size[axis]! * inner), columns: c };
}

import type { Tensor } from '../../tensor/ir.js';

/** How a side of a block is held: as one matrix, or as blocks on its diagonal. */
export interface Parts {
  readonly parts: number;
  /** Order of a part; the last one may have fewer rows that are used, and zeros behind them. */
  readonly width: number;
}

/** The fewest parts, as equal as can be, of which none is larger than `largestSide`. */
export function sideParts(order: number, largestSide = Number.POSITIVE_INFINITY): Parts {
  const parts = Math.max(1, Math.ceil(order / largestSide));
  return { parts, width: Math.ceil(order / parts) };
}

/** Rows [m, n] with the columns of each part of a side apart, [parts, m, width]. */
function columnsApart(rows: Tensor, { parts, width }: Parts): Tensor {
  const [m, n] = rows.shape as [number, number];
  const padded = parts * width === n ? rows : rows.pad([0, 0], [0, parts * width - n]);
  return padded.reshape([m, parts, width]).transpose([1, 0, 2]);
}

/** Σ left·rightᵀ over the rows of two stacks: one matrix, or the blocks on its diagonal `[parts, width, width]`. */
export function crossProductOf(left: Tensor, right: Tensor, side: Parts): Tensor {
  if (side.parts === 1) return left.product(right, true);
  const apart = columnsApart(left, side);
  return apart.product(left === right ? apart : columnsApart(right, side), true);
}

const sideOf = ({ shape }: Tensor): Parts | null =>
  shape.length === 3 ? { parts: shape[0]!, width: shape[1]! } : null;

/** M·S with a side as it is held, or M·Sᵀ. */
export function timesSide(matrix: Tensor, side: Tensor, transposed = false): Tensor {
  const held = sideOf(side);
  if (held === null) return matrix.product(side, false, transposed);
  const [m, n] = matrix.shape as [number, number];
  const together = columnsApart(matrix, held).product(side, false, transposed).transpose([1, 0, 2]);
  const joined = together.reshape([m, held.parts * held.width]);
  return joined.shape[1] === n ? joined : joined.slice([0, 0], [m, n]);
}

/** S·M with a side as it is held, or Sᵀ·M. */
export function sideTimes(side: Tensor, matrix: Tensor, transposed = false): Tensor {
  const held = sideOf(side);
  if (held === null) return side.product(matrix, transposed);
  const [m, n] = matrix.shape as [number, number];
  const rows = held.parts * held.width;
  const padded = rows === m ? matrix : matrix.pad([0, 0], [rows - m, 0]);
  const joined = side.product(padded.reshape([held.parts, held.width, n]), transposed).reshape([rows, n]);
  return rows === m ? joined : joined.slice([0, 0], [m, n]);
}

import { ShapeError } from '../../tensor/errors.js';
import type { Kernels } from '../kernels/kernels.js';
import { type Matrix, matrix } from '../matrix.js';

/** Where the main result goes. */
export interface IntoOptions {
  /**
   * A matrix of the result's shape that takes the result, in place of a new one; it may be the operand. Worth it in a loop with large
   * matrices, where touching fresh memory can cost more than the factorisation. ShapeError when the shape is another.
   */
  readonly into?: Matrix;
}

/** The rows x columns matrix at `offset` of the kernels' memory, copied to `into` or to a new matrix. */
export function takeMatrix(k: Kernels, offset: number, rows: number, columns: number, into?: Matrix): Matrix {
  if (into === undefined) return matrix(rows, columns, k.heap.slice(offset, offset + rows * columns));
  if (into.rows !== rows || into.columns !== columns) {
    throw new ShapeError(
      `The result is ${rows} x ${columns} and the matrix given as { into } ${into.rows} x ${into.columns}; they must be equal.`,
    );
  }
  into.data.set(k.heap.subarray(offset, offset + rows * columns));
  return into;
}

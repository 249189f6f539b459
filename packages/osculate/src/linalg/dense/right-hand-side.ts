import { ShapeError } from '../../tensor/errors.js';
import type { Matrix } from '../matrix.js';

/** What a solver takes on the right: one vector, or a matrix with one right-hand side a column. The solution has the same form. */
export type RightHandSide = Float64Array | Matrix;

/** The right-hand side as a matrix of `rows` rows. ShapeError when it has another number of rows. */
export function asColumns(routine: string, rows: number, b: RightHandSide): Matrix {
  const columns = b instanceof Float64Array ? { rows: b.length, columns: 1, data: b } : b;
  if (columns.rows !== rows) {
    throw new ShapeError(
      `${routine}: the right-hand side has ${columns.rows} rows where the matrix calls for ${rows}.`,
    );
  }
  return columns;
}

/** The solution in the form of the right-hand side. */
export function likeRightHandSide<B extends RightHandSide>(b: B, solution: Matrix): B {
  return (b instanceof Float64Array ? solution.data : solution) as B;
}

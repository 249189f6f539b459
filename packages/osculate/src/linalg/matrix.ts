import { InputError, ShapeError } from '../tensor/errors.js';

/** A dense float64 matrix, row-major without gaps: element (i, j) is `data[i * columns + j]`. */
export interface Matrix {
  /** The number of rows. */
  readonly rows: number;
  /** The number of columns. */
  readonly columns: number;
  /** The elements, row after row. */
  readonly data: Float64Array;
}

/**
 * A matrix over the given elements (not copied), zeros without them.
 * @throws ShapeError when their number is not rows x columns.
 * @example
 * const a = matrix(2, 2, Float64Array.of(1, 2, 3, 4));
 * transposeMatrix(a); // [1, 3, 2, 4]
 * multiply(a, identityMatrix(2)); // [1, 2, 3, 4]
 */
export function matrix(rows: number, columns: number, data?: Float64Array): Matrix {
  if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(columns) || rows < 0 || columns < 0) {
    throw new ShapeError(`matrix: ${rows} x ${columns} is not a shape; rows and columns are integers ≥ 0.`);
  }
  const elements = data ?? new Float64Array(rows * columns);
  if (elements.length !== rows * columns) {
    throw new ShapeError(
      `matrix: ${rows} x ${columns} takes ${rows * columns} elements, row by row; got ${elements.length}.`,
    );
  }
  return { rows, columns, data: elements };
}

/**
 * A matrix from its rows.
 * @throws ShapeError when they differ in length.
 * @example
 * matrixFromRows([[1, 2], [3, 4]]).data; // [1, 2, 3, 4]
 */
export function matrixFromRows(rows: readonly (readonly number[])[]): Matrix {
  const columns = rows[0]?.length ?? 0;
  const uneven = rows.findIndex((row) => row.length !== columns);
  if (uneven >= 0) {
    throw new ShapeError(
      `matrixFromRows: row ${uneven} has ${rows[uneven]!.length} elements and row 0 has ${columns}; give every row the same.`,
    );
  }
  return matrix(rows.length, columns, Float64Array.from(rows.flat()));
}

/** The n x n identity. */
export function identityMatrix(n: number): Matrix {
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
  return result;
}

/** Aᵀ, a copy. */
export function transposeMatrix({ rows, columns, data }: Matrix): Matrix {
  const result = matrix(columns, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result.data[j * rows + i] = data[i * columns + j]!;
  return result;
}

/** ShapeError unless A is square; returns its order. */
export function requireSquare(routine: string, { rows, columns }: Matrix): number {
  if (rows !== columns) throw new ShapeError(`${routine} takes a square matrix; got ${rows} x ${columns}.`);
  return rows;
}

/** The index of the first element that is not finite, −1 if all are. */
export function findNonFinite(data: Float64Array): number {
  // A sum is finite almost always when all terms are, and far quicker to form than a test of each.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  return Number.isFinite(sum) ? -1 : data.findIndex((value) => !Number.isFinite(value));
}

/** InputError that names the first element of A that is NaN or infinite, if there is one. */
export function requireFinite(routine: string, { columns, data }: Matrix): void {
  const at = findNonFinite(data);
  if (at < 0) return;
  throw new InputError(
    `${routine}: the matrix has ${data[at]} at row ${Math.floor(at / columns)}, column ${at % columns}; all elements must be finite.`,
  );
}

import { cholesky } from '../../../linalg/dense/cholesky.js';
import { infinityNorm } from '../../../linalg/dense/norms.js';
import { type Matrix, matrix } from '../../../linalg/matrix.js';

/** A + shift·I. */
export function shifted({ rows, data }: Matrix, shift: number): Matrix {
  const result = matrix(rows, rows, data.slice());
  for (let i = 0; i < rows; i++) result.data[i * (rows + 1)]! += shift;
  return result;
}

/** Relative to ‖A‖∞: a matrix that this shift makes positive definite counts as semi-definite. */
const leastShift = 1e-10;

export interface ShiftedCholesky {
  readonly factor: Matrix;
  readonly shift: number;
  /** The shift is more than rounding calls for. */
  readonly indefinite: boolean;
}

/**
 * The Cholesky factor of A + shift·I, with shift 0 when A is positive definite and otherwise the first that makes it so of an
 * ascending series (after Nocedal and Wright 2006, algorithm 3.3, which starts from the least diagonal element). A must be finite.
 */
export function shiftedCholesky(a: Matrix): ShiftedCholesky {
  const n = a.rows;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < n; i++) least = Math.min(least, a.data[i * (n + 1)]!);
  const unit = leastShift * infinityNorm(a) || leastShift;
  let shift = least > 0 ? 0 : unit - least;
  for (;;) {
    const result = cholesky(shift === 0 ? a : shifted(a, shift));
    if (result.status === 'ok') return { factor: result.factor, shift, indefinite: shift > 2 * unit };
    shift = Math.max(4 * shift, unit);
  }
}

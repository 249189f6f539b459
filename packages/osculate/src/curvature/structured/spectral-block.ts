import { type Matrix, matrix, multiply } from '../../linalg/index.js';
import type { BlockPlace } from './block-place.js';

/**
 * A symmetric block (U_A ⊗ U_G) diag(S) (U_A ⊗ U_G)ᵀ that acts on the matrices V of its parameters: U_G (S ⊙ (U_Gᵀ V U_A)) U_Aᵀ. Every
 * function of it has the same bases and the function of S.
 */
export interface SpectralBlock {
  readonly place: BlockPlace;
  /** U_G, an eigenvector a column; null for the identity. */
  readonly left: Matrix | null;
  /** U_A, likewise. */
  readonly right: Matrix | null;
  /** S: the eigenvalues, `[rows, columns]` row by row. */
  readonly values: Float64Array;
}

/** U_Gᵀ V U_A: V in the eigenbasis. */
export function intoBasis({ left, right }: SpectralBlock, v: Matrix): Matrix {
  const turned = left ? multiply(left, v, { transposeA: true }) : v;
  return right ? multiply(turned, right) : turned;
}

export function applyBlock(block: SpectralBlock, v: Matrix): Matrix {
  const { left, right, values } = block;
  const turned = intoBasis(block, v);
  const scaled = matrix(
    v.rows,
    v.columns,
    turned.data.map((x, i) => x * values[i]!),
  );
  const back = left ? multiply(left, scaled) : scaled;
  return right ? multiply(back, right, { transposeB: true }) : back;
}

const squared = (m: Matrix): Matrix =>
  matrix(
    m.rows,
    m.columns,
    m.data.map((x) => x * x),
  );

/** The diagonal, in the shape of V. */
export function blockDiagonal({ place: { rows, columns }, left, right, values }: SpectralBlock): Matrix {
  const s = matrix(rows, columns, values);
  const rowsTurned = left ? multiply(squared(left), s) : s;
  return right ? multiply(rowsTurned, squared(right), { transposeB: true }) : rowsTurned;
}

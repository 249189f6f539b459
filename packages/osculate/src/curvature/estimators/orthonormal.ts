import { euclideanNorm } from '../../linalg/index.js';
import { orthogonalize } from '../../linalg/krylov/long-vectors.js';
import { scale } from '../../linalg/krylov/vectors.js';

/** What is left of a column below this fraction of the longest is rounding error. */
const NEGLIGIBLE = 1e-13;

export interface Orthonormal {
  /** An orthonormal basis of the columns' span. */
  readonly basis: Float64Array[];
  /** Basis coefficients of each column: column j is Σᵢ basis[i] coefficients[j][i]. */
  readonly coefficients: Float64Array[];
}

/** Orthonormalises columns by Gram-Schmidt twice; those that depend on the ones before add no vector. */
export function orthonormalize(columns: readonly Float64Array[]): Orthonormal {
  const longest = Math.max(0, ...columns.map((v) => euclideanNorm(v)));
  const basis: Float64Array[] = [];
  const coefficients = columns.map((column) => {
    const rest = column.slice();
    const along = new Float64Array(columns.length);
    along.set(orthogonalize(basis, rest));
    const left = euclideanNorm(rest);
    if (left > NEGLIGIBLE * longest) {
      along[basis.length] = left;
      scale(1 / left, rest);
      basis.push(rest);
    }
    return along;
  });
  return { basis, coefficients };
}

/** v − Q Qᵀ v. */
export function projectOut(basis: readonly Float64Array[], v: Float64Array): Float64Array {
  const rest = v.slice();
  orthogonalize(basis, rest);
  return rest;
}

import { euclideanNorm } from '../../linalg/index.js';
import { partsAlong, takeOut } from '../../linalg/krylov/long-vectors.js';
import { scale } from '../../linalg/krylov/vectors.js';

/** What is left of a column below this fraction of the longest is rounding error. */
const NEGLIGIBLE = 1e-13;

export interface Orthonormal {
  /** An orthonormal basis of the columns' span. */
  readonly basis: Float64Array[];
  /** Basis coefficients of each column: column j is Σᵢ basis[i] coefficients[j][i]. */
  readonly coefficients: Float64Array[];
}

/** v ← v − Q Qᵀ v, twice, which is enough (Giraud, Langou and Rozložník 2005). */
function takeOutTwice(
  basis: readonly Float64Array[],
  v: Float64Array,
  visit: (parts: Float64Array) => void = () => undefined,
): void {
  if (basis.length === 0) return;
  for (let pass = 0; pass < 2; pass++) {
    const parts = partsAlong(basis, v);
    visit(parts);
    takeOut(basis, parts, v);
  }
}

/** Orthonormalises columns by Gram-Schmidt twice; those that depend on the ones before add no vector. */
export function orthonormalize(columns: readonly Float64Array[]): Orthonormal {
  const longest = Math.max(0, ...columns.map((v) => euclideanNorm(v)));
  const basis: Float64Array[] = [];
  const coefficients = columns.map((column) => {
    const rest = column.slice();
    const along = new Float64Array(columns.length);
    takeOutTwice(basis, rest, (parts) => {
      for (let i = 0; i < parts.length; i++) along[i]! += parts[i]!;
    });
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
  takeOutTwice(basis, rest);
  return rest;
}

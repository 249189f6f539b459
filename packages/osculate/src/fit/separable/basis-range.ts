import type { Box } from '../bounds.js';

export interface LinearSolution {
  readonly solution: Float64Array;
  /** −1: at its lower bound, 1: at its upper bound, 0: free. */
  readonly sides: Int8Array;
}

/** The range of a basis Φ of p columns, with a generalised inverse Φ⁻ of which ΦΦ⁻ is the orthogonal projection onto it. */
export interface BasisRange {
  /** min ‖Φ·c − b‖, over a box where there is one. */
  solve(b: Float64Array, box: Box): LinearSolution;
  /** P⊥v − (Φ⁻)ᵀz for each of some columns v, with z by column or null for zeros. */
  project(v: readonly Float64Array[], z: readonly Float64Array[] | null): Float64Array[];
}

/** Which eigenpairs, the wanted one first: 'magnitude' by |λ|. */
export type SpectrumEnd = 'largest' | 'smallest' | 'magnitude';

export interface Eigenpairs {
  /** 'budget': the products are used up, and `residuals` say how good the pairs are. 'stalled': rounding keeps them from the tolerance. */
  readonly status: 'converged' | 'budget' | 'stalled';
  readonly values: Float64Array;
  /** Orthonormal, in the order of the values. */
  readonly vectors: readonly Float64Array[];
  /** ‖A x − λ x‖ of each pair, as the method tracks it: there is an eigenvalue within that, and the rounding of the products, of λ. */
  readonly residuals: Float64Array;
  readonly applications: number;
}

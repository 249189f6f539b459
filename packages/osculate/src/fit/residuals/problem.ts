/** A least-squares problem as the solver sees it: numbers in, numbers out, into arrays that the caller owns. */
export interface ResidualProblem {
  /** m, the number of residuals. */
  readonly size: number;
  /** n, the number of parameters. */
  readonly parameters: number;
  /** Relative size of J's errors, where they are larger than rounding: what ranks are told by. */
  readonly accuracy?: number;
  /** Arrays of n·m for Jacobians that no fit uses at present, kept from one fit to the next: the largest that a fit needs. */
  readonly spare?: Float64Array[];
  /** r(p). */
  evaluate(at: Float64Array, residuals: Float64Array): void;
  /**
   * J(p) as n columns of m, one after the other. `residuals` holds r(p), so that differences can use it. Returns how many residual vectors
   * differences took.
   */
  jacobian(at: Float64Array, residuals: Float64Array, columns: Float64Array): number;
  /** r(p) and J(p) at once, where that is cheaper than one after the other. */
  together?(at: Float64Array, residuals: Float64Array, columns: Float64Array): void;
  /** r''(p)[v, v], where second derivatives are exact. */
  secondDirectional?(at: Float64Array, direction: Float64Array, result: Float64Array): void;
  /** Σ wᵢ∇²rᵢ(p), n×n, where it can be had to about the accuracy of the Jacobian. Returns how many Jacobians differences took. */
  curvature?(at: Float64Array, weights: Float64Array, result: Float64Array): number;
}

import type { Matrix } from '../linalg/matrix.js';
import type { LossName } from './robust.js';

/**
 * How a fit ended. `converged-gradient`: the cosine between the residuals and every column of the Jacobian is below `gradientTolerance`;
 * `relative-offset`: Bates and Watts' relative offset is below `offsetTolerance`; `converged-step`: no step longer than `stepTolerance`
 * relative to the parameters is left; `converged-cost`: the cost and its prediction no longer fall by `costTolerance` of it;
 * `singular`: as the others, but the Jacobian lacks full rank at the solution, so that parameters are not identifiable;
 * `target-cost`: the cost came down to `targetCost`, the fit stopped short of a minimum; `max-evaluations`: stopped by the budget; `stalled`: no trial point with a lower cost was found, short of any tolerance;
 * `non-finite-start`: the residuals or derivatives at the start are not finite, the parameters are the start.
 */
export type FitStatus =
  | 'converged-gradient'
  | 'converged-step'
  | 'converged-cost'
  | 'relative-offset'
  | 'singular'
  | 'target-cost'
  | 'stalled'
  | 'max-evaluations'
  | 'non-finite-start';

/** Parameters that were not fitted by themselves. */
export interface FitConstraints {
  readonly fixed: readonly string[];
  /** Name to formula. */
  readonly tied: Readonly<Record<string, string>>;
  /** ∂p/∂q, n×n: the identity, but for rows of tied parameters, which hold the derivatives of their formulas by free and fixed ones. */
  readonly sensitivity: Matrix;
}

/** Work done by a fit. */
export interface FitEvaluations {
  /** Residual vectors: at starts and trial points, and two a parameter for each Jacobian that is taken by differences. */
  readonly residuals: number;
  /** Those of the iterates, and two a parameter for each curvature that is taken by differences. */
  readonly jacobians: number;
  /** Exact second derivatives along one direction. */
  readonly secondDirectional: number;
  /** Curvatures Σ wᵢ∇²rᵢ of the final polish. */
  readonly curvatures: number;
}

/** The solution of a nonlinear least-squares problem, min ½Σ s²ρ((rᵢ/s)²), with r already weighted where weights were given. */
export interface LeastSquaresResult {
  /** Why the fit ended. */
  readonly status: FitStatus;
  /** One sentence that says what `status` means here. */
  readonly message: string;
  /** Length n. */
  readonly parameters: Float64Array;
  /** Length n; `b1`, `b2`, … unless given. */
  readonly names: readonly string[];
  /** ½Σ s²ρ((rᵢ/s)²); ½Σ rᵢ² without a robust loss. */
  readonly cost: number;
  /** r at the solution, weighted, without the robust loss; length m. */
  readonly residuals: Float64Array;
  /** ∂rᵢ/∂pⱼ at the solution, row-major m×n, of the same residuals; tied parameters follow the others, so that their columns are 0. */
  readonly jacobian: Float64Array;
  /** Largest absolute component of the projected gradient of the cost (components that push against an active bound are left out). */
  readonly gradientNorm: number;
  /** ‖Q₁ᵀr‖/√n over ‖Q₂ᵀr‖/√(m−n) (Bates and Watts 1981); NaN where m ≤ n or r = 0. */
  readonly relativeOffset: number;
  /** Numerical rank of the column-scaled Jacobian of the free parameters. */
  readonly rank: number;
  /** −1: at its lower bound, 1: at its upper bound, 0: free; length n. */
  readonly activeBounds: Int8Array;
  /** What was evaluated, and how often. */
  readonly evaluations: FitEvaluations;
  /** Steps that were tried. */
  readonly iterations: number;
  /** What a user should know of the answer, in sentences. */
  readonly warnings: readonly string[];
  /** What was fitted, for R²: the observations and their standard deviations, one each. Residuals of one's own have none. */
  readonly observed?: { readonly y: Float64Array; readonly sigma: Float64Array };
  /** The robust loss, where one was asked for. */
  readonly loss?: { readonly name: LossName; readonly scale: number };
  /** Where parameters were fixed or tied. */
  readonly constraints?: FitConstraints;
}

import type { Matrix } from '../../linalg/matrix.js';
import { dotAt } from '../../linalg/vectors.js';
import type { ResidualProblem } from './problem.js';

/** A linear map of residuals, and its transpose, both in place. */
export interface Whitening {
  apply(vector: Float64Array): void;
  transpose(vector: Float64Array): void;
}

/** rᵢ/σᵢ. */
export function divideBySigma(sigma: Float64Array): Whitening {
  const divide = (vector: Float64Array): void => {
    for (let i = 0; i < vector.length; i++) vector[i]! /= sigma[i]!;
  };
  return { apply: divide, transpose: divide };
}

/**
 * L⁻¹r for a covariance Σ = L·Lᵀ, so that ‖L⁻¹r‖² = rᵀΣ⁻¹r; m² operations a vector. Solved in place here, since `solveTriangular` copies
 * and checks all of L for each vector, which takes several times as long, and refuses residuals that are not finite.
 */
export function solveByFactor({ rows: m, data: factor }: Matrix): Whitening {
  return {
    apply: (vector) => {
      for (let i = 0; i < m; i++) vector[i] = (vector[i]! - dotAt(factor, i * m, vector, 0, i)) / factor[i * (m + 1)]!;
    },
    transpose: (vector) => {
      for (let i = m - 1; i >= 0; i--) {
        const value = vector[i]! / factor[i * (m + 1)]!;
        vector[i] = value;
        for (let j = 0; j < i; j++) vector[j]! -= factor[i * m + j]! * value;
      }
    },
  };
}

/** The problem of W·r(p), with all derivatives, for a Jacobian that is not differenced: its differences would need the bare r(p). */
export function whitened(problem: ResidualProblem, { apply, transpose }: Whitening): ResidualProblem {
  const { size: m, parameters: n, spare, secondDirectional, curvature, together } = problem;
  const raw = new Float64Array(m);
  return {
    size: m,
    parameters: n,
    ...(spare && { spare }),
    evaluate: (at, residuals) => {
      problem.evaluate(at, residuals);
      apply(residuals);
    },
    jacobian: (at, residuals, columns) => {
      const differences = problem.jacobian(at, residuals, columns);
      for (let j = 0; j < n; j++) apply(columns.subarray(j * m, (j + 1) * m));
      return differences;
    },
    ...(together && {
      together: (at: Float64Array, residuals: Float64Array, columns: Float64Array) => {
        together(at, residuals, columns);
        apply(residuals);
        for (let j = 0; j < n; j++) apply(columns.subarray(j * m, (j + 1) * m));
      },
    }),
    ...(secondDirectional && {
      secondDirectional: (at: Float64Array, direction: Float64Array, result: Float64Array) => {
        secondDirectional(at, direction, result);
        apply(result);
      },
    }),
    ...(curvature && {
      curvature: (at: Float64Array, weights: Float64Array, result: Float64Array) => {
        raw.set(weights);
        transpose(raw);
        return curvature(at, raw, result);
      },
    }),
  };
}

import { solveTriangular } from '../../linalg/dense/triangular.js';
import type { Matrix } from '../../linalg/matrix.js';
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

/** L⁻¹r for a covariance Σ = L·Lᵀ, so that ‖L⁻¹r‖² = rᵀΣ⁻¹r; m² operations a vector. */
export function solveByFactor(factor: Matrix): Whitening {
  const solve = (vector: Float64Array, transpose: boolean): void => {
    // A residual that is not finite makes the whole vector so; the solver would refuse it.
    if (!vector.every(Number.isFinite)) vector.fill(Number.NaN);
    else {
      const solved = solveTriangular(factor, vector, { triangle: 'lower', transpose });
      if (solved.status === 'ok') vector.set(solved.solution);
      else vector.fill(Number.NaN);
    }
  };
  return { apply: (vector) => solve(vector, false), transpose: (vector) => solve(vector, true) };
}

/** The problem of W·r(p), with all derivatives. */
export function whitened(problem: ResidualProblem, { apply, transpose }: Whitening): ResidualProblem {
  const { size: m, parameters: n, secondDirectional, curvature } = problem;
  const raw = new Float64Array(m);
  return {
    size: m,
    parameters: n,
    ...(problem.accuracy !== undefined && { accuracy: problem.accuracy }),
    evaluate: (at, residuals) => {
      problem.evaluate(at, residuals);
      apply(residuals);
    },
    jacobian: (at, _residuals, columns) => {
      // One-sided differences start from the bare residuals, which the caller does not have.
      if (problem.accuracy !== undefined) problem.evaluate(at, raw);
      problem.jacobian(at, raw, columns);
      for (let j = 0; j < n; j++) apply(columns.subarray(j * m, (j + 1) * m));
    },
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
        curvature(at, raw, result);
      },
    }),
  };
}

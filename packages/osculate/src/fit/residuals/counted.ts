import type { ResidualProblem } from './problem.js';

/** Running totals of a fit's work, as `FitEvaluations`. */
export interface Counts {
  /** Starts and trial points: what the budget limits. */
  points: number;
  /** Residual vectors, those of differences included. */
  residuals: number;
  jacobians: number;
  secondDirectional: number;
  curvatures: number;
}

/** The same problem, whose calls are counted in `counts`. */
export function counted(problem: ResidualProblem, counts: Counts): ResidualProblem {
  const { secondDirectional, curvature, together } = problem;
  return {
    size: problem.size,
    parameters: problem.parameters,
    ...(problem.accuracy !== undefined && { accuracy: problem.accuracy }),
    ...(problem.spare && { spare: problem.spare }),
    evaluate: (at, residuals) => {
      counts.points++;
      counts.residuals++;
      problem.evaluate(at, residuals);
    },
    jacobian: (at, residuals, columns) => {
      counts.jacobians++;
      const differences = problem.jacobian(at, residuals, columns);
      counts.residuals += differences;
      return differences;
    },
    ...(together && {
      together: (at: Float64Array, residuals: Float64Array, columns: Float64Array) => {
        counts.points++;
        counts.residuals++;
        counts.jacobians++;
        together(at, residuals, columns);
      },
    }),
    ...(secondDirectional && {
      secondDirectional: (at: Float64Array, direction: Float64Array, result: Float64Array) => {
        counts.secondDirectional++;
        secondDirectional(at, direction, result);
      },
    }),
    ...(curvature && {
      curvature: (at: Float64Array, weights: Float64Array, result: Float64Array) => {
        counts.curvatures++;
        const differences = curvature(at, weights, result);
        counts.jacobians += differences;
        return differences;
      },
    }),
  };
}

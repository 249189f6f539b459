import type { ResidualProblem } from './problem.js';

/** Running totals of a fit's work. */
export interface Counts {
  residuals: number;
  jacobians: number;
  secondDirectional: number;
  curvatures: number;
}

/** The same problem, whose calls are counted in `counts`. */
export function counted(problem: ResidualProblem, counts: Counts): ResidualProblem {
  const { secondDirectional, curvature } = problem;
  return {
    size: problem.size,
    parameters: problem.parameters,
    ...(problem.accuracy !== undefined && { accuracy: problem.accuracy }),
    evaluate: (at, residuals) => {
      counts.residuals++;
      problem.evaluate(at, residuals);
    },
    jacobian: (at, residuals, columns) => {
      counts.jacobians++;
      problem.jacobian(at, residuals, columns);
    },
    ...(secondDirectional && {
      secondDirectional: (at: Float64Array, direction: Float64Array, result: Float64Array) => {
        counts.secondDirectional++;
        secondDirectional(at, direction, result);
      },
    }),
    ...(curvature && {
      curvature: (at: Float64Array, weights: Float64Array, result: Float64Array) => {
        counts.curvatures++;
        curvature(at, weights, result);
      },
    }),
  };
}

import type { ResidualProblem } from '../residuals/problem.js';
import type { Constraints } from './constraints.js';

/**
 * The problem r(T(q)) of a problem r(p) of numbers, with its Jacobian and curvature Sᵀ(Σ wᵢ∇²rᵢ)S + Σⱼ(Jᵀw)ⱼ∇²Tⱼ, S = T'(q). Without ties it
 * is the same problem.
 */
export function composed(problem: ResidualProblem, constraints: Constraints): ResidualProblem {
  if (!constraints.ties) return problem;
  const { size: m, parameters: n, curvature, accuracy } = problem;
  const all = new Float64Array(n * m);
  const jacobian: ResidualProblem['jacobian'] = (q, residuals, columns) => {
    const differences = problem.jacobian(constraints.numbers(q), residuals, all);
    const sensitivity = constraints.columns(q);
    columns.fill(0);
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++) {
        const factor = sensitivity[j * n + i]!;
        if (factor === 0) continue;
        for (let l = 0; l < m; l++) columns[j * m + l]! += factor * all[i * m + l]!;
      }
    }
    return differences;
  };
  const bent: NonNullable<ResidualProblem['curvature']> = (q, weights, result) => {
    const p = constraints.numbers(q);
    const inner = new Float64Array(n * n);
    const differences = curvature!(p, weights, inner);
    const residuals = new Float64Array(m);
    problem.evaluate(p, residuals);
    problem.jacobian(p, residuals, all);
    const gradient = Float64Array.from({ length: n }, (_, j) => {
      let sum = 0;
      for (let l = 0; l < m; l++) sum += all[j * m + l]! * weights[l]!;
      return sum;
    });
    constraints.curvature(q, gradient, result);
    const s = constraints.columns(q);
    for (let a = 0; a < n; a++) {
      for (let i = 0; i < n; i++) {
        let product = 0;
        for (let j = 0; j < n; j++) product += s[a * n + j]! * inner[j * n + i]!;
        if (product !== 0) for (let b = 0; b < n; b++) result[a * n + b]! += product * s[b * n + i]!;
      }
    }
    return differences;
  };
  return {
    size: m,
    parameters: n,
    ...(accuracy !== undefined && { accuracy }),
    evaluate: (q, residuals) => problem.evaluate(constraints.numbers(q), residuals),
    jacobian,
    ...(curvature && { curvature: bent }),
  };
}

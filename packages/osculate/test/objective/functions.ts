import { functionObjective, type Objective } from '../../src/objective/index.js';
import { concat } from '../../src/ops/index.js';
import { constant, type Tensor } from '../../src/tensor/index.js';

/** 10·(x₂ − x₁²) and 1 − x₁: f = Σ rᵢ² is Rosenbrock's function. */
export function rosenbrockResiduals(x: Tensor): Tensor {
  const [a, b] = [x.slice([0], [1]), x.slice([1], [2])];
  return concat([b.sub(a.mul(a)).mul(10), a.neg().add(1)], 0);
}

export const rosenbrockStart = Float64Array.of(-1.2, 1);

export function rosenbrock(): Objective {
  return functionObjective(rosenbrockResiduals, rosenbrockStart, { residuals: true });
}

/** ½·xᵀAx for a dense symmetric A, row by row. */
export function quadratic(a: readonly (readonly number[])[]): Objective {
  const matrix = constant(
    a.map((row) => [...row]),
    'f64',
  );
  return functionObjective((x) => x.mul(matrix.matmul(x)).sum().mul(0.5), new Float64Array(a.length));
}

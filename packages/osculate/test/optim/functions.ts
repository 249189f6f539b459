import {
  functionObjective,
  type Objective,
  type Optimizer,
  type OptimizerState,
  type StepReport,
} from '../../src/optim/index.js';
import { constant, generator, type Tensor } from '../../src/tensor/index.js';
import { scalars, vector } from './mgh/build.js';

/** 10·(x₂ − x₁²) and 1 − x₁: f = Σ rᵢ² is Rosenbrock's function. */
export function rosenbrockResiduals(x: Tensor): Tensor {
  const [a, b] = scalars(x) as [Tensor, Tensor];
  return vector(b.sub(a.mul(a)).mul(10), a.neg().add(1));
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

export interface Path {
  readonly points: readonly Float64Array[];
  readonly reports: readonly StepReport[];
}

/** The points of so many steps, the start first; fewer when a step reaches f < target. */
export async function path<S extends OptimizerState>(
  optimizer: Optimizer<S>,
  objective: Objective,
  start: Float64Array,
  steps: number,
  target = Number.NEGATIVE_INFINITY,
): Promise<Path> {
  let state = optimizer.init(start.slice());
  const points = [start];
  const reports: StepReport[] = [];
  for (let k = 0; k < steps; k++) {
    const result = await optimizer.step(state, { objective, generator: generator(k) });
    state = result.state;
    points.push(state.parameters as Float64Array);
    reports.push(result.report);
    if (result.report.details.lossAfter! < target) break;
  }
  return { points, reports };
}

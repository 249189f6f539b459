import type { Objective } from '../../src/objective/index.js';
import type { Optimizer, OptimizerState, StepReport } from '../../src/optim/index.js';
import { generator } from '../../src/tensor/index.js';

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
  let state = optimizer.init(objective, start.slice());
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

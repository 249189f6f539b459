import { allFinite, norm, type Vector } from '../../../linalg/vectors.js';
import type { Objective } from '../../../objective/objective.js';
import type { DemandOf } from '../../demand.js';
import type { Optimizer, OptimizerState, StepReport, StepStop } from '../../optimizer.js';
import { type LineSearch, lineOf } from '../../search/line-search.js';
import { inRowBatches, type RowBatchOptions } from './row-batches.js';

/** A direction with what the method knows of the point. */
export interface Direction {
  readonly value: number;
  readonly gradient: ArrayLike<number>;
  readonly indefinite?: boolean;
  /** Absent where there is none: `stop` says why. */
  readonly direction?: Float64Array;
  readonly stop?: StepStop;
  readonly details?: Readonly<Record<string, number>>;
}

export interface LineSearchMethod extends RowBatchOptions {
  readonly name: string;
  readonly demand: DemandOf;
  readonly settings: Optimizer['settings'];
  readonly search: LineSearch;
  /** True: directions that do not descend are taken as well. */
  readonly anyDirection?: boolean;
  direction(objective: Objective, at: Vector): Promise<Direction>;
}

/**
 * An optimizer that searches along a direction, first at rate 1. A direction that does not descend, or along which no trial is
 * acceptable, ends the run as stalled. Cost a step: the direction, and one value or gradient a trial.
 */
export function lineSearchMethod(method: LineSearchMethod): Optimizer {
  const step = async (state: OptimizerState, objective: Objective) => {
    const theta = state.parameters;
    const { value, gradient, direction, indefinite, ...rest } = await method.direction(objective, theta);
    const known = { loss: value, gradientNorm: norm(gradient), ...(indefinite !== undefined && { indefinite }) };
    const end = (stop: StepStop): { state: OptimizerState; report: StepReport } => ({
      state: { ...state, step: state.step + 1 },
      report: { ...known, accepted: false, stop, details: { ...rest.details } },
    });
    if (!Number.isFinite(value) || !Number.isFinite(known.gradientNorm)) return end('diverged');
    if (!direction) return end(rest.stop ?? 'stalled');
    if (!allFinite(direction)) return end('diverged');
    const line = lineOf(objective, theta, value, gradient, direction);
    if (!(line.slope < 0) && !method.anyDirection) return end('stalled');
    const point = await method.search(line, 1);
    if (!point) return end(method.anyDirection ? 'diverged' : 'stalled');
    if (point.parameters.every((x, i) => x === theta[i])) return end('stalled');
    const details = { ...rest.details, rate: point.rate, lossAfter: point.value };
    return {
      state: { parameters: point.parameters, step: state.step + 1 },
      report: { ...known, accepted: true, details },
    };
  };
  const optimizer: Optimizer = {
    name: method.name,
    settings: method.settings,
    demand: method.demand,
    init: (_, parameters) => ({ parameters, step: 0 }),
    step: (state, { objective }) => step(state, objective),
  };
  return inRowBatches(optimizer, method.batchSize);
}

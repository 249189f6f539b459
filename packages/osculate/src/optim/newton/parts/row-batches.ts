import { drawRows, onRows } from '../../../objective/rows.js';
import { checkOptions, type OptionNames } from '../../../tensor/check-options.js';
import type { Optimizer, OptimizerState, StepContext } from '../../optimizer.js';

/** Options of methods that can take each step on a mini-batch. */
export interface RowBatchOptions {
  /**
   * Rows of a step, drawn without replacement for each step (default: all): model and trial values are those of the mean over these rows. A
   * model of fewer rows than there are parameters fits its rows only.
   */
  readonly batchSize?: number | undefined;
}

export const rowBatchOptions: OptionNames<RowBatchOptions> = { batchSize: 1 };

/**
 * The optimizer with every step on rows of its own. What it reports is of these rows, so that it neither gives ‖∇f‖ of the whole nor
 * ends a run because a batch has no step to offer: such a step is rejected, and the state stays as it was.
 * @throws InputError when the batch size is not an integer ≥ 1.
 */
export function inRowBatches<S extends OptimizerState>(optimizer: Optimizer<S>, batchSize?: number): Optimizer<S> {
  if (batchSize === undefined) return optimizer;
  checkOptions(optimizer.name, { 'an integer ≥ 1': { batchSize } });
  const step = async (state: S, context: StepContext) => {
    const { objective, generator } = context;
    if (batchSize >= objective.rows) return optimizer.step(state, context);
    const rows = drawRows(objective, batchSize, generator);
    const result = await optimizer.step(state, { objective: onRows(objective, rows), generator });
    const { gradientNorm: _, indefinite: __, stop, ...report } = result.report;
    const last = stop === 'stalled' || stop === undefined ? {} : { stop };
    const next = report.accepted ? result.state : { ...state, step: state.step + 1 };
    return { state: next, report: { ...report, ...last } };
  };
  return { ...optimizer, settings: { ...optimizer.settings, batchSize }, step };
}

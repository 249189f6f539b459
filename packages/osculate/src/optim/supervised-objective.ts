import { take } from '../data/index.js';
import { checkExamples, type Supervised, supervisedBatch } from '../nn/index.js';
import type { Executor } from '../runtime/index.js';
import type { Tensor } from '../tensor/ir.js';
import type { NDArray } from '../tensor/ndarray.js';
import { ParameterLayout } from '../tensor/parameters.js';
import { checkOptions } from './first-order/check-options.js';
import type { BatchGraph, Objective } from './objective.js';
import { programObjective } from './program-objective.js';

export interface ObjectiveOptions extends Supervised {
  readonly executor: Executor;
  /** Inputs and targets, one row an example. */
  readonly x: NDArray;
  readonly y: NDArray;
  /** Adds (weightDecay/2)·‖θ‖² to the loss. */
  readonly weightDecay?: number;
  /** Most rows in one run of a program (default 1000): larger sets are accumulated in chunks. */
  readonly chunk?: number;
}

function batchGraph(options: ObjectiveOptions, size: number): BatchGraph {
  const batch = supervisedBatch(options, size);
  const { model, loss } = options;
  if (!loss.residuals) return batch;
  const single = (row: Tensor): Tensor => row.reshape([1, ...row.shape]);
  return {
    ...batch,
    residuals: loss.residuals(batch.outputs, batch.y),
    rowResiduals: (x, y) => loss.residuals!(model(batch.weights as never, single(x)), single(y)),
  };
}

/**
 * The objective of a model on a data set: the mean loss over its rows, plus the weight decay.
 * @throws ShapeError or InputError for data that do not fit, InputError for a chunk that is no integer ≥ 1 or a negative weight decay.
 */
export function supervisedObjective(options: ObjectiveOptions): Objective {
  const { executor, x, y, chunk = 1000, weightDecay = 0 } = options;
  checkExamples('objective', x, y);
  checkOptions('objective', { 'an integer ≥ 1': { chunk }, 'a finite number ≥ 0': { weightDecay } });
  return programObjective({
    executor,
    layout: ParameterLayout.of(options.parameters),
    rows: x.shape[0]!,
    chunk,
    weightDecay,
    graph: (size) => batchGraph(options, size),
    feeds: (rows) => ({ x: take(x, rows), y: take(y, rows) }),
  });
}

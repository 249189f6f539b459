import { take } from '../data/index.js';
import type { Loss, Parameters } from '../nn/index.js';
import type { Executor } from '../runtime/index.js';
import { isFloat } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { ParameterLayout, parameters } from '../tensor/parameters.js';
import type { Tree } from '../tensor/tree.js';
import type { BatchGraph, Objective } from './objective.js';
import { programObjective } from './program-objective.js';

export interface ObjectiveOptions {
  readonly executor: Executor;
  /** The model's outputs for a batch `[rows, …]`. */
  readonly model: (weights: never, x: Tensor) => Tensor;
  readonly loss: Loss;
  /** Parameter arrays: names, shapes and dtype count, not their values. */
  readonly parameters: Parameters;
  /** Inputs and targets, one row an example. */
  readonly x: NDArray;
  readonly y: NDArray;
  /** Adds (weightDecay/2)·‖θ‖² to the loss. */
  readonly weightDecay?: number;
  /** Most rows in one run of a program (default 1000): larger sets are accumulated in chunks. */
  readonly chunk?: number;
}

function batchGraph(options: ObjectiveOptions, size: number): BatchGraph {
  const weights = parameters(options.parameters, 'parameters.') as unknown as Tree<Tensor>;
  const x = input('x', options.x.dtype, [size, ...options.x.shape.slice(1)]);
  const y = input('y', options.y.dtype, [size, ...options.y.shape.slice(1)]);
  const outputs = options.model(weights as never, x);
  const residuals = options.loss.residuals?.(outputs, y);
  return { weights, x, y, outputs, loss: options.loss.value(outputs, y), ...(residuals && { residuals }) };
}

function checkData({ x, y }: ObjectiveOptions): void {
  if (x.shape[0] !== y.shape[0]) {
    throw new InputError(
      `objective: x has ${x.shape[0]} rows (shape [${x.shape.join(', ')}]), y has ${y.shape[0]} (shape [${y.shape.join(', ')}])`,
    );
  }
  if (!x.shape[0]) throw new InputError(`objective: the data set is empty (x has shape [${x.shape.join(', ')}])`);
  checkFinite('x', x);
  checkFinite('y', y);
}

/** One bad value in the data makes every loss that it enters NaN: better said once, with its place, than at every step. */
function checkFinite(name: string, { data, dtype, shape }: NDArray): void {
  if (!isFloat(dtype)) return;
  const at = (data as Float64Array).findIndex((v) => !Number.isFinite(v));
  if (at < 0) return;
  const perRow = data.length / shape[0]!;
  throw new InputError(
    `objective: ${name} (shape [${shape.join(', ')}]) holds ${data[at]} in row ${Math.floor(at / perRow)}, element ${at % perRow} of the row; remove or replace such rows first`,
  );
}

/** The objective of a model on a data set: the mean loss over its rows, plus the weight decay. */
export function supervisedObjective(options: ObjectiveOptions): Objective {
  checkData(options);
  const { executor, x, y, chunk = 1000, weightDecay = 0 } = options;
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

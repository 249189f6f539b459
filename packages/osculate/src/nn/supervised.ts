import { isFloat } from '../tensor/dtype.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { parameters } from '../tensor/parameters.js';
import type { Tree } from '../tensor/tree.js';
import type { Parameters } from './layer.js';
import type { Loss } from './losses/loss.js';

/** A model, its loss, and what its inputs and targets look like. */
export interface Supervised {
  /** The model's outputs for a batch `[rows, …]`. */
  readonly model: (weights: never, x: Tensor) => Tensor;
  readonly loss: Loss;
  /** Parameter arrays: names, shapes and dtype count, not their values. */
  readonly parameters: Parameters;
  /** Shapes and dtypes of inputs and targets; the first axis counts rows, one an example. */
  readonly x: Pick<NDArray, 'shape' | 'dtype'>;
  readonly y: Pick<NDArray, 'shape' | 'dtype'>;
}

/** The symbols of a batch. */
export interface SupervisedBatch {
  /** Inputs named "parameters." and the parameter's name. */
  readonly weights: Tree<Tensor>;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly outputs: Tensor;
  /** Mean loss over the rows. */
  readonly loss: Tensor;
}

/** Traces a model on a batch of so many rows, with inputs named "x" and "y". */
export function supervisedBatch({ model, loss, parameters: tree, x, y }: Supervised, rows: number): SupervisedBatch {
  const weights = parameters(tree, 'parameters.') as unknown as Tree<Tensor>;
  const symbol = (name: string, { shape, dtype }: typeof x): Tensor => input(name, dtype, [rows, ...shape.slice(1)]);
  const [inputs, targets] = [symbol('x', x), symbol('y', y)];
  const outputs = model(weights as never, inputs);
  return { weights, x: inputs, y: targets, outputs, loss: loss.value(outputs, targets) };
}

/** ShapeError unless there are as many inputs as targets, InputError when there are none or one holds a number that is not finite. */
export function checkExamples(what: string, x: NDArray, y: NDArray): void {
  if (x.shape[0] !== y.shape[0]) {
    throw new ShapeError(
      `${what}: x has ${x.shape[0]} rows (shape [${x.shape.join(', ')}]), y has ${y.shape[0]} (shape [${y.shape.join(', ')}])`,
    );
  }
  if (!x.shape[0]) throw new InputError(`${what}: the data set is empty (x has shape [${x.shape.join(', ')}])`);
  checkFinite(what, 'x', x);
  checkFinite(what, 'y', y);
}

/** One bad value in the data makes every loss that it enters NaN: better said once, with its place, than at every step. */
function checkFinite(what: string, name: string, { data, dtype, shape }: NDArray): void {
  if (!isFloat(dtype)) return;
  const at = (data as Float64Array).findIndex((v) => !Number.isFinite(v));
  if (at < 0) return;
  const perRow = data.length / shape[0]!;
  throw new InputError(
    `${what}: ${name} (shape [${shape.join(', ')}]) holds ${data[at]} in row ${Math.floor(at / perRow)}, element ${at % perRow} of the row; remove or replace such rows first`,
  );
}

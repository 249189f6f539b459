import { ahead } from '../data/ahead.js';
import { arrays } from '../data/arrays.js';
import type { Field, RowSource } from '../data/source.js';
import type { Loss, Parameters } from '../nn/index.js';
import { checkOptions } from '../tensor/check-options.js';
import { isFloat } from '../tensor/dtype.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { ParameterLayout, parameters, type TensorsOf } from '../tensor/parameters.js';
import { children, type Tree } from '../tensor/tree.js';
import { joinOutputs, jointLoss, type LossOfRows } from './loss-of-rows.js';
import type { Batch, Named, Objective } from './objective.js';
import { programObjective, type RunOptions } from './programs.js';
import { requireTensor } from './require-tensor.js';

interface CommonOptions<P extends Parameters> extends RunOptions {
  /** Parameter arrays: names, shapes and dtype count, not their values. */
  readonly parameters: P;
  /** Adds (weightDecay/2)·‖θ‖² to the loss (default 0). */
  readonly weightDecay?: number;
}

/** A model of one input with one output and one target, `[rows, …]` each, in memory. */
export interface ArraysOptions<P extends Parameters> extends CommonOptions<P> {
  /** The model's outputs for a batch `[rows, …]`. */
  readonly model: (weights: TensorsOf<P>, x: Tensor) => Tensor;
  readonly loss: Loss;
  readonly x: NDArray;
  readonly y: NDArray;
}

/** A model on rows from anywhere: several inputs, outputs and targets, by names. */
export interface SourceOptions<P extends Parameters> extends CommonOptions<P> {
  /** The model's output, or its outputs by name, for a batch of the inputs. */
  readonly model: (weights: TensorsOf<P>, inputs: Named<Tensor>) => Tensor | Named<Tensor>;
  readonly loss: LossOfRows;
  readonly data: RowSource;
  /** The fields that the loss reads (default: "y"); the model gets all others. */
  readonly targets?: readonly string[];
}

export type SupervisedOptions<P extends Parameters> = ArraysOptions<P> | SourceOptions<P>;

/** The parts that both kinds of options come down to. */
interface Supervised<P extends Parameters> {
  readonly weights: P;
  readonly model: (weights: TensorsOf<P>, inputs: Named<Tensor>) => Tensor | Named<Tensor>;
  readonly loss: LossOfRows;
  readonly targets: readonly string[];
}

/** A batch of these symbols. */
function batchOf<P extends Parameters>(
  parts: Supervised<P>,
  weights: TensorsOf<P>,
  rows: number,
  inputs: Named<Tensor>,
  targets: Named<Tensor>,
): Batch {
  const found = parts.model(weights, inputs);
  const named = found instanceof Tensor ? null : joinOutputs(found, rows);
  const outputs = named ? named.joined : requireTensor('objective: the model', found);
  const loss = jointLoss(parts.loss, named?.places ?? null, parts.targets);
  const value = loss.value(outputs, targets);
  return {
    rows,
    // Any nesting of parameters gives the same nesting of tensors, which TypeScript cannot follow through a type parameter.
    weights: weights as Tree<Tensor>,
    inputs,
    targets,
    outputs,
    loss: value,
    get score() {
      return loss.score(outputs, targets);
    },
    get normalizer() {
      return loss.normalizer(outputs);
    },
    ...(loss.residuals && { residuals: loss.residuals(outputs, targets) }),
    hessianProduct: (u) => loss.hessianProduct(outputs, targets, u),
    sample: (array, generator) => loss.sample(array, generator),
    row: (x, y) => batchOf(parts, weights, 1, alone(x), alone(y)),
  };
}

const alone = (fields: Named<Tensor>): Named<Tensor> =>
  Object.fromEntries(Object.entries(fields).map(([name, t]) => [name, t.reshape([1, ...t.shape])]));

function symbols(fields: Named<Field>, names: readonly string[], rows: number): Named<Tensor> {
  return Object.fromEntries(
    names.map((name) => [name, input(name, fields[name]!.dtype, [rows, ...fields[name]!.shape])]),
  );
}

/** Inputs and targets by name. @throws InputError for a target that the data lack, and for data without rows. */
function fieldNames({ data, targets = ['y'] }: Pick<SourceOptions<Parameters>, 'data' | 'targets'>) {
  const names = Object.keys(data.fields);
  const missing = targets.find((name) => !names.includes(name));
  if (missing !== undefined || targets.length === 0) {
    const what = missing === undefined ? 'no target is named' : `the data have no field "${missing}" for a target`;
    throw new InputError(`objective: ${what}; the fields are ${names.join(', ')}`);
  }
  const dotted = names.find((name) => name.includes('.'));
  if (dotted !== undefined) {
    throw new InputError(
      `objective: the field "${dotted}" has a dot in its name, as inputs of programs have; rename it`,
    );
  }
  if (names.includes('__proto__')) throw new InputError('objective: a field cannot be called "__proto__"; rename it');
  if (data.rows === 0) throw new InputError('objective: the data set is empty');
  checkOptions('objective', { 'an integer ≥ 1': { 'data.rows': data.rows } });
  return { inputs: names.filter((name) => !targets.includes(name)), targets };
}

/**
 * The objective of a model on a data set: the mean loss over its rows, plus the weight decay.
 * @throws ShapeError or InputError for data that do not fit, InputError for a chunk that is not an integer ≥ 1 or a negative weight decay.
 * @example
 * const objective = supervisedObjective({ executor, model: net.apply, loss: softmaxCrossEntropy(), parameters, x, y });
 * const { value, gradient } = await objective.valueAndGradient(at, allRows(objective.rows));
 */
// Overloads, not the union alone: the arguments of a model that is written in place have the types of its kind.
export function supervisedObjective<P extends Parameters>(options: ArraysOptions<P>): Objective;
export function supervisedObjective<P extends Parameters>(options: SourceOptions<P>): Objective;
export function supervisedObjective<P extends Parameters>(options: SupervisedOptions<P>): Objective;
export function supervisedObjective<P extends Parameters>(options: SupervisedOptions<P>): Objective {
  const { executor, chunk = 1000, weightDecay = 0, held } = options;
  checkOptions('objective', {
    'an integer ≥ 1': { chunk },
    'a finite number ≥ 0': { weightDecay },
    'a number of bytes ≥ 0': { held },
  });
  const data = 'data' in options ? prepared(options.data) : examples(options.x, options.y);
  const { inputs, targets } = fieldNames('data' in options ? options : { data });
  if (children(options.parameters).length === 0) {
    throw new InputError('objective: the parameters have no names; give them as { weight: … }, with at least one');
  }
  const parts: Supervised<P> = {
    weights: options.parameters,
    loss: options.loss,
    targets,
    model: 'data' in options ? options.model : (weights, { x }) => options.model(weights, x!),
  };
  return programObjective({
    executor,
    layout: ParameterLayout.of(options.parameters),
    chunk,
    weightDecay,
    ...(held !== undefined && { held }),
    source: data,
    batch: (rows, fields) =>
      batchOf(
        parts,
        parameters(options.parameters, 'parameters.'),
        rows,
        symbols(fields, inputs, rows),
        symbols(fields, targets, rows),
      ),
  });
}

/** Rows from elsewhere are read ahead: while a step runs, the next batch is prepared. */
function prepared(data: RowSource): RowSource {
  return data.inMemory || 'expect' in data ? data : ahead(data);
}

/** Inputs and targets in memory. ShapeError unless there are as many of both, InputError when there are none or one holds a number that is not finite. */
function examples(x: NDArray, y: NDArray): RowSource {
  if (x.shape[0] !== y.shape[0]) {
    throw new ShapeError(
      `objective: x has ${x.shape[0]} rows (shape [${x.shape.join(', ')}]), y has ${y.shape[0]} (shape [${y.shape.join(', ')}])`,
    );
  }
  if (!x.shape[0]) throw new InputError(`objective: the data set is empty (x has shape [${x.shape.join(', ')}])`);
  checkFinite('x', x);
  checkFinite('y', y);
  return arrays({ x, y });
}

/** One bad value in the data makes every loss that it enters NaN: better said once, with its place, than at every step. */
function checkFinite(name: string, { data, dtype, shape }: NDArray): void {
  if (!isFloat(dtype)) return;
  const at = data.findIndex((v: number | bigint) => !Number.isFinite(v));
  if (at < 0) return;
  const perRow = data.length / shape[0]!;
  throw new InputError(
    `objective: ${name} (shape [${shape.join(', ')}]) holds ${data[at]} in row ${Math.floor(at / perRow)}, element ${at % perRow} of the row; remove or replace such rows first`,
  );
}

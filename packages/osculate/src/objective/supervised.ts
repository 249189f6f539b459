import { ahead } from '../data/ahead.js';
import { arrays } from '../data/arrays.js';
import type { Field, RowArrays, RowSource, Rows } from '../data/source.js';
import type { AnyLoss, Context } from '../nn/index.js';
import { checkNames, checkOptions, type OptionNames } from '../tensor/check-options.js';
import { isFloat } from '../tensor/dtype.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { type ArrayTree, arrayTree, ParameterLayout, parameters, type TensorsOf } from '../tensor/parameters.js';
import { children, type Tree } from '../tensor/tree.js';
import { type Application, batchApplication, type Mode, maskPrefix, rowApplication } from './application.js';
import {
  drawnField,
  type JointLoss,
  joinOutputs,
  jointLoss,
  type LossOfOutputs,
  type LossOfRows,
} from './loss-of-rows.js';
import type { Batch, Named, Objective } from './objective.js';
import { programObjective, type RunOptions } from './programs.js';
import { requireTensor } from './require-tensor.js';

interface CommonOptions<P> extends RunOptions {
  /** Parameter arrays: names, shapes and dtype count, not their values. */
  readonly parameters: P & ArrayTree<P>;
  /** Adds (weightDecay/2)·‖θ‖² to the loss (default 0). */
  readonly weightDecay?: number;
  /**
   * `training` (default): dropout has masks (see `Objective.draw`), batch normalisation the statistics of the batch. `inference`: dropout
   * is the identity, and statistics are inputs of programs to feed, `statistics.0.mean`, `statistics.0.variance`, ….
   */
  readonly mode?: Mode;
}

/** A model of one input with one output and one target, `[rows, …]` each, in memory. */
export interface ArraysOptions<P> extends CommonOptions<P> {
  /** The model's outputs for a batch `[rows, …]`. */
  readonly model: (weights: TensorsOf<P>, x: Tensor, context: Context) => Tensor;
  /** The loss of the outputs and targets. */
  readonly loss: AnyLoss;
  /** The inputs, `[rows, …]`. */
  readonly x: NDArray;
  /** The targets, `[rows, …]`. */
  readonly y: NDArray;
}

interface RowsOptions<P> extends CommonOptions<P> {
  /** The source of the rows. */
  readonly data: RowSource;
  /** The fields that the loss reads (default: "y"); the model gets all others. */
  readonly targets?: readonly string[];
}

/** A model of one output on rows from anywhere, with several inputs by names. */
export interface SourceOptions<P> extends RowsOptions<P> {
  /** The model's output for a batch of the inputs. */
  readonly model: (weights: TensorsOf<P>, inputs: Named<Tensor>, context: Context) => Tensor;
  /** The loss of the outputs and targets. */
  readonly loss: AnyLoss;
}

/** A model of several outputs and targets on rows from anywhere, by names. */
export interface OutputsOptions<P> extends RowsOptions<P> {
  /** The model's outputs by name for a batch of the inputs. */
  readonly model: (weights: TensorsOf<P>, inputs: Named<Tensor>, context: Context) => Named<Tensor>;
  /** The losses, by the names of outputs and targets. */
  readonly loss: LossOfOutputs;
}

/** A model of one or several outputs: what one is given that was written elsewhere. */
export interface ModelOptions<P> extends RowsOptions<P> {
  /** The model's output, or its outputs by name, for a batch of the inputs. */
  readonly model: (weights: TensorsOf<P>, inputs: Named<Tensor>, context: Context) => Tensor | Named<Tensor>;
  /** The loss of the outputs and targets, or losses by their names. */
  readonly loss: LossOfRows;
}

/** A model, its loss and its data, in memory or from a source of rows. */
export type SupervisedOptions<P> = ArraysOptions<P> | SourceOptions<P> | OutputsOptions<P> | ModelOptions<P>;

const supervisedOptions: OptionNames<ArraysOptions<unknown> & ModelOptions<unknown>> = {
  model: 1,
  loss: 1,
  x: 1,
  y: 1,
  data: 1,
  targets: 1,
  parameters: 1,
  weightDecay: 1,
  mode: 1,
  executor: 1,
  chunk: 1,
  held: 1,
};

/** The parts that both kinds of options come down to. */
interface Supervised<P> {
  readonly model: (weights: TensorsOf<P>, inputs: Named<Tensor>, context: Context) => Tensor | Named<Tensor>;
  readonly loss: LossOfRows;
  readonly targets: readonly string[];
}

type TracedBatch = Batch & Pick<JointLoss, 'checkTargets'>;

type ReadSource = RowSource & Pick<Objective, 'expect'>;

/** A batch of these symbols. */
function batchOf<P>(
  parts: Supervised<P>,
  weights: TensorsOf<P>,
  rows: number,
  inputs: Named<Tensor>,
  targets: Named<Tensor>,
  context: Application,
): TracedBatch {
  const found = parts.model(weights, inputs, context);
  const named = found instanceof Tensor ? null : joinOutputs(found, rows);
  const outputs = named ? named.joined : requireTensor('objective: the model', found);
  const loss = jointLoss(parts.loss, named?.places ?? null, parts.targets);
  const value = loss.value(outputs, targets);
  return {
    rows,
    // Any nesting of parameters gives the same nesting of tensors, which TypeScript cannot follow through a type parameter.
    weights: weights as Tree<Tensor>,
    inputs: { ...inputs, ...context.inputs },
    targets,
    masks: context.masks,
    statistics: context.statistics,
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
    checkTargets: (given, shape) => loss.checkTargets(given, shape),
    row: (x, y) => {
      const own = Object.fromEntries(Object.keys(inputs).map((name) => [name, x[name]!]));
      return batchOf(parts, weights, 1, alone(own), alone(y), rowApplication(context, x));
    },
  };
}

/** A model of the field x alone. */
function ofField<P>(model: ArraysOptions<P>['model']): Supervised<P>['model'] {
  return (weights, { x }, context) => model(weights, x!, context);
}

const alone = (fields: Named<Tensor>): Named<Tensor> =>
  Object.fromEntries(Object.entries(fields).map(([name, t]) => [name, t.reshape([1, ...t.shape])]));

function symbols(fields: Named<Field>, names: readonly string[], rows: number): Named<Tensor> {
  return Object.fromEntries(
    names.map((name) => [name, input(name, fields[name]!.dtype, [rows, ...fields[name]!.shape])]),
  );
}

/** Inputs and targets by name. @throws InputError for a target that the data lack, and for data without rows. */
function fieldNames({ data, targets = ['y'] }: Pick<RowsOptions<unknown>, 'data' | 'targets'>) {
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
  const reserved = names.find(
    (name) => name === '__proto__' || name.startsWith(maskPrefix) || drawnField(name) !== undefined,
  );
  if (reserved !== undefined) throw new InputError(`objective: a field cannot be called "${reserved}"; rename it`);
  if (data.rows === 0) throw new InputError('objective: the data set is empty');
  checkOptions('objective', { 'an integer ≥ 1': { 'data.rows': data.rows } });
  return { inputs: names.filter((name) => !targets.includes(name)), targets };
}

/**
 * The objective of a model on a data set: the mean loss over its rows, plus the weight decay.
 * @throws ShapeError or InputError for data that do not fit, InputError for a chunk that is not an integer ≥ 1 or a negative weight decay.
 * @example
 * const objective = supervisedObjective({ executor, model: net.apply, loss: softmaxCrossEntropy(), parameters: net.init(generator(0)), x, y });
 * const { value, gradient } = await objective.valueAndGradient(theta, allRows(objective.rows));
 */
// Overloads, not the union alone: the arguments of a model that is written in place have the types of its kind.
export function supervisedObjective<P>(options: ArraysOptions<P>): Objective;
export function supervisedObjective<P>(options: SourceOptions<P>): Objective;
export function supervisedObjective<P>(options: OutputsOptions<P>): Objective;
export function supervisedObjective<P>(options: ModelOptions<P>): Objective;
export function supervisedObjective<P>(options: SupervisedOptions<P>): Objective;
export function supervisedObjective<P>(options: SupervisedOptions<P>): Objective {
  checkNames('objective', options, supervisedOptions);
  const { executor, chunk = 1000, weightDecay = 0, held, mode = 'training' } = options;
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
    loss: options.loss,
    targets,
    model: 'data' in options ? options.model : ofField(options.model),
  };
  const layout = ParameterLayout.of(arrayTree('objective', options.parameters));
  // The arrays are not held: they are where a run starts.
  const weights = parameters<P>(options.parameters, 'parameters.');
  let traced: TracedBatch | null = null;
  return programObjective({
    executor,
    layout,
    chunk,
    weightDecay,
    ...(held !== undefined && { held }),
    source: checkedSource(data, () => traced),
    batch: (rows, fields) => {
      const drawn = Object.keys(fields).filter((name) => drawnField(name) !== undefined);
      traced = batchOf(
        parts,
        weights,
        rows,
        symbols(fields, inputs, rows),
        symbols(fields, [...targets, ...drawn], rows),
        batchApplication(mode, rows),
      );
      return traced;
    },
  });
}

/**
 * The source, whose targets are checked as they are read: out of range, a class number would count as no class at all. The shape of the outputs is
 * known from the batch that was traced last.
 */
function checkedSource(source: ReadSource, traced: () => TracedBatch | null): ReadSource {
  // Of more rows than that it is not kept which have been checked: all are, whenever they are read.
  const seen = new Uint8Array(source.rows <= 2 ** 26 ? source.rows : 0);
  const isNew = (rows: Rows): boolean => {
    if (seen.length === 0) return true;
    for (let i = 0; i < rows.length; i++) if (seen[rows[i]!] === 0) return true;
    return false;
  };
  const check = (rows: Rows, arrays: RowArrays): RowArrays => {
    const batch = traced();
    if (batch === null || !isNew(rows)) return arrays;
    batch.checkTargets(arrays, batch.outputs.shape);
    if (seen.length > 0) for (let i = 0; i < rows.length; i++) seen[rows[i]!] = 1;
    return arrays;
  };
  return {
    rows: source.rows,
    fields: source.fields,
    ...(source.inMemory && { inMemory: true }),
    read: (rows) => {
      const arrays = source.read(rows);
      return arrays instanceof Promise ? arrays.then((read) => check(rows, read)) : check(rows, arrays);
    },
    ...(source.recycle && { recycle: (arrays: RowArrays) => source.recycle?.(arrays) }),
    ...(source.expect && { expect: (rows: Rows) => source.expect?.(rows) }),
    dispose: async () => source.dispose?.(),
  };
}

/** Rows from elsewhere are read ahead: while a step runs, the next batch is prepared. */
function prepared(data: RowSource): ReadSource {
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
export function checkFinite(name: string, { data, dtype, shape }: NDArray): void {
  if (!isFloat(dtype)) return;
  const at = data.findIndex((v: number | bigint) => !Number.isFinite(v));
  if (at < 0) return;
  const perRow = data.length / shape[0]!;
  throw new InputError(
    `objective: ${name} (shape [${shape.join(', ')}]) holds ${data[at]} in row ${Math.floor(at / perRow)}, element ${at % perRow} of the row; remove or replace such rows first`,
  );
}

import type { ImportedModel } from '../import/index.js';
import { nest } from '../import/parameter-names.js';
import type { Context, FloatDType, Layer, Parameters } from '../nn/index.js';
import { shapesOnly } from '../nn/initializers.js';
import type { Named } from '../objective/objective.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { constant } from '../tensor/leaf.js';
import { astype, type NDArray } from '../tensor/ndarray.js';
import type { TensorsOf } from '../tensor/parameters.js';
import { type Generator, generator } from '../tensor/random.js';
import { showShape } from '../tensor/shape.js';
import { leaves, mapTree, type Tree } from '../tensor/tree.js';

/** A model of several inputs or outputs, by name: parameters with a function of them. */
export interface NamedModel<P extends Parameters = Parameters> {
  /** The parameters to start from. */
  readonly parameters: P;
  /** The outputs by name, from the parameters as tensors and a batch of the inputs by name. */
  call(weights: Tree<Tensor>, inputs: Named<Tensor>, context: Context): Named<Tensor>;
}

/** What can be trained: a layer, a model from an ONNX file, or parameters with a function of named inputs. */
export type TrainableModel<P extends Parameters> = Layer<P> | ImportedModel | NamedModel<P>;

/** Names of parameters that are trained; the others stay as they are. */
export type Trainable = RegExp | ((name: string) => boolean);

/** A model in the one form that training needs. */
export interface Prepared {
  /** All parameters. */
  readonly parameters: Tree<NDArray>;
  /** Those that are trained. */
  readonly trained: Tree<NDArray>;
  /** The outputs, from tensors for the trained parameters and constants for the others. */
  call(trained: Tree<Tensor>, inputs: Named<Tensor>, context: Context): Tensor | Named<Tensor>;
  /** The model of a file, with its trained tensors as parameters. */
  readonly imported?: ImportedModel;
}

const isLayer = <P extends Parameters>(model: TrainableModel<P>): model is Layer<P> => 'init' in model;

/** True for a model of `importOnnx`. */
const isImported = (model: object): model is ImportedModel => 'sources' in model && 'call' in model;

function chosen(trainable: Trainable | undefined, name: string): boolean {
  if (trainable === undefined) return true;
  return trainable instanceof RegExp ? name.search(trainable) >= 0 : trainable(name);
}

/** The leaves of a tree that are chosen, in the nesting of their names. */
function subtree(parameters: Tree<NDArray>, trainable: Trainable | undefined): Tree<NDArray> {
  if (trainable === undefined) return parameters;
  const own = leaves<NDArray>(parameters).filter(([name]) => chosen(trainable, name));
  if (own.length === 0) {
    const names = leaves<NDArray>(parameters).map(([name]) => name);
    throw new InputError(
      `fitModel: no parameter is named by trainable (${trainable}); the names are ${names.join(', ')}`,
    );
  }
  return nest(
    own.map(([name]) => name.split('.')),
    own.map(([, array]) => array),
  );
}

/** A tree with some leaves replaced by those of the same name in another. */
export function withLeaves(all: Tree<NDArray>, some: ReadonlyMap<string, NDArray>): Tree<NDArray> {
  return mapTree(all, (leaf, name) => some.get(name) ?? leaf);
}

interface PrepareOptions {
  readonly dtype: FloatDType;
  readonly generator: Generator;
  /** Instead of what the model draws or holds. */
  readonly parameters?: Tree<NDArray> | undefined;
  readonly trainable?: Trainable | undefined;
}

/** @throws InputError for what is not a model. */
export function prepareModel<P extends Parameters>(model: TrainableModel<P>, options: PrepareOptions): Prepared {
  const { dtype, generator, trainable } = options;
  if (typeof model !== 'object' || model === null || !('init' in model || 'call' in model)) {
    const given: unknown = model;
    const advice = given instanceof Promise ? '; it is a promise: await it' : '; see sequential';
    throw new InputError(`fitModel: the model is neither a layer (init, apply) nor parameters with a call${advice}`);
  }
  if (isLayer(model)) {
    const parameters: Tree<NDArray> = options.parameters ?? model.init(generator, dtype);
    const trained = subtree(parameters, trainable);
    const merge = merging(parameters, trained);
    return {
      parameters,
      trained,
      // The nesting is that of the layer's own parameters.
      call: (weights, inputs, context) => model.apply(merge(weights) as TensorsOf<P>, soleInput(inputs), context),
    };
  }
  const own = isImported(model) && trainable !== undefined ? model.select(trainable) : model;
  if (leaves<NDArray>(own.parameters).length === 0) {
    const names = leaves<NDArray>(model.parameters).map(([name]) => name);
    throw new InputError(
      `fitModel: no parameter is named by trainable (${trainable}); the names are ${names.join(', ')}`,
    );
  }
  const parameters: Tree<NDArray> = mapTree<NDArray, NDArray>(options.parameters ?? own.parameters, (leaf) =>
    leaf.dtype === 'f32' || leaf.dtype === 'f64' ? astype(leaf, dtype) : leaf,
  );
  const trained = isImported(model) ? parameters : subtree(parameters, trainable);
  const merge = merging(parameters, trained);
  return {
    parameters,
    trained,
    ...(isImported(own) && { imported: own }),
    call: (weights, inputs, context) => {
      if (isImported(own)) checkWidths(own, inputs);
      const outputs = own.call(merge(weights), inputs, context);
      const names = Object.keys(outputs);
      return names.length === 1 ? outputs[names[0]!]! : outputs;
    },
  };
}

/** A model by its shapes alone, where it would draw its parameters: nothing of their size is made. */
export function shapesOf<P extends Parameters>(
  model: TrainableModel<P>,
  { dtype = 'f32', parameters, trainable }: Partial<Omit<PrepareOptions, 'generator'>>,
): Prepared {
  // What is not trained is constants, which have values.
  return prepareModel(model, { dtype, parameters, trainable, generator: trainable ? generator(0) : shapesOnly });
}

/** @throws ShapeError for rows that have another number of axes, or another last axis, than the file's input. */
function checkWidths({ inputs }: ImportedModel, given: Named<Tensor>): void {
  for (const { name, shape } of inputs) {
    const found = given[name]?.shape;
    if (found === undefined || (found.length === shape.length && found.at(-1) === shape.at(-1))) continue;
    const rows = [found, shape].map((of) => showShape(of.slice(1)));
    throw new ShapeError(`rows of "${name}" are ${rows[0]}, and the model takes ${rows[1]}`);
  }
}

/** Puts tensors for the trained parameters among constants for the others. What is trained is not held: a run has newer values. */
function merging(all: Tree<NDArray>, trained: Tree<NDArray>): (weights: Tree<Tensor>) => Tree<Tensor> {
  if (trained === all) return identity;
  const names = new Set(leaves<NDArray>(trained).map(([name]) => name));
  const others = mapTree<NDArray, Tensor | null>(all, (leaf, name) => (names.has(name) ? null : constant(leaf)));
  return (weights) => {
    const own = new Map(leaves<Tensor>(weights));
    return mapTree<Tensor | null, Tensor>(others, (leaf, name) => leaf ?? own.get(name)!);
  };
}

const identity = (weights: Tree<Tensor>): Tree<Tensor> => weights;

function soleInput(inputs: Named<Tensor>): Tensor {
  const [x, ...others] = Object.values(inputs);
  if (x === undefined || others.length > 0) {
    throw new InputError(
      `fitModel: a layer takes one input, and there are ${Object.keys(inputs).join(', ')}; use { parameters, call } for several`,
    );
  }
  return x;
}

import { readPath } from '../data/environment.js';
import { looksLike } from '../data/file-kind.js';
import type { Context } from '../nn/index.js';
import type { ExternalReference } from '../onnx/external.js';
import {
  decodeModel,
  type GraphProto,
  type ModelProto,
  type TensorProto,
  type TypeProto,
  tensorValues,
  type ValueInfoProto,
} from '../onnx/index.js';
import type { TensorOptions } from '../onnx/tensors.js';
import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { describe } from '../tensor/describe.js';
import type { DType } from '../tensor/dtype.js';
import { DTypeError, InputError } from '../tensor/errors.js';
import { topological } from '../tensor/graph.js';
import type { Tensor } from '../tensor/ir.js';
import { constant, input } from '../tensor/leaf.js';
import { astype, type NDArray } from '../tensor/ndarray.js';
import type { Shape } from '../tensor/shape.js';
import { leaves, type Tree } from '../tensor/tree.js';
import { derivativePaths } from './derivative-paths.js';
import { bindDimensions, type DimensionOptions, dimensionOptions } from './dimensions.js';
import { dtypeOf, type FloatType } from './element-type.js';
import type { ImportMode } from './node-call.js';
import { nest, treePaths } from './parameter-names.js';
import { failed, Scope, type Value } from './scope.js';
import { opsetsOf, type Problem, Tracer } from './tracer.js';
import { namedWeights, trainedByDefault } from './weights.js';

/** How a model is read. */
export interface ImportOptions extends DimensionOptions {
  /** Inputs whose values are fixed: flags, sampling rates, shapes. They are no longer inputs of the model. */
  readonly values?: Readonly<Record<string, NDArray>>;
  /**
   * Names of the float tensors that become parameters. By default all initialisers but the running statistics of BatchNormalization,
   * scalars (unless PyTorch names them as parameters), masks with infinite elements, and what no derivative arrives at; in a file without
   * float initialisers its Constants of more than one element. A file does not tell other buffers of a module from its parameters.
   */
  readonly trainable?: RegExp | ((name: string) => boolean);
  /** Gives the bytes of tensors that the file keeps outside of itself. */
  readonly external?: (reference: ExternalReference) => Uint8Array;
  /** In training, BatchNormalization uses the statistics of the batch, and Dropout the masks of a training context. */
  readonly mode?: ImportMode;
}

const importOptions: OptionNames<ImportOptions> = {
  ...dimensionOptions,
  values: 1,
  trainable: 1,
  external: 1,
  mode: 1,
};

/** Name, dtype and shape of an input or output. */
export interface ImportedValue {
  /** The name in the file. */
  readonly name: string;
  /** The dtype of the elements. */
  readonly dtype: DType;
  /** The shape; a first dimension that the file leaves open is 2. */
  readonly shape: Shape;
}

/** A model from a file: its parameters, and its graph as a function of them. */
export interface ImportedModel {
  /** The decoded file. */
  readonly file: ModelProto;
  /** The trainable tensors, nested by the dots in their names. */
  readonly parameters: Tree<NDArray>;
  /** For every parameter the name of its tensor in the file (that of an initialiser, or of the output of a Constant). */
  readonly sources: Readonly<Record<string, string>>;
  /** The inputs, in the file's order. */
  readonly inputs: readonly ImportedValue[];
  /** The outputs, in the file's order. */
  readonly outputs: readonly ImportedValue[];
  /**
   * The model as a graph over the given tensors. They may have other shapes than at import (a batch of another size), and may all be
   * f64 to compute in double precision what the file states in single; single constants of formulas (√2 in GELU, slopes, epsilons) are
   * then those that round to the file's.
   * @throws InputError that lists every node which does not fit, and for missing or unknown names.
   */
  call(parameters: Tree<Tensor>, inputs: Readonly<Record<string, Tensor>>, context?: Context): Record<string, Tensor>;
  /** The same model with other tensors as parameters: see `ImportOptions.trainable`. */
  select(trainable: NonNullable<ImportOptions['trainable']>): ImportedModel;
}

/** The oldest and newest versions of the standard operators whose meaning is known here. */
const [oldest, newest] = [7, 28];

function checkOpset(model: ModelProto): void {
  const version = opsetsOf(model.opsetImport).get('');
  if (version === undefined || (version >= oldest && version <= newest)) return;
  throw new InputError(
    `importOnnx: the file uses version ${version} of the standard operators, and ${oldest} to ${newest} are understood; convert it with onnx.version_converter`,
  );
}

function problemList(problems: readonly Problem[]): InputError {
  const lines = problems.map(({ opType, place, reason }) => `- ${opType} at ${place}: ${reason}`);
  const nodes = problems.length === 1 ? '1 place' : `${problems.length} places`;
  return new InputError(`importOnnx: ${nodes} of the model cannot be imported:\n${lines.join('\n')}`);
}

/** A file with its options, and what of it stays the same in every trace. */
interface Source {
  readonly model: ModelProto;
  readonly graph: GraphProto;
  readonly options: ImportOptions;
  /** Inputs that are not fixed. */
  readonly inputs: readonly ValueInfoProto[];
  /** The values of a tensor of the file, decoded once. */
  readonly values: (proto: TensorProto) => NDArray;
}

function decoder(options: TensorOptions): Source['values'] {
  const decoded = new Map<TensorProto, NDArray>();
  return (proto) => {
    const array = decoded.get(proto) ?? tensorValues(proto, options).array;
    decoded.set(proto, array);
    return array;
  };
}

function trace(
  { model, graph, options, values }: Source,
  float: FloatType,
  inputs: ReadonlyMap<string, Tensor>,
  parameter: (proto: TensorProto) => Tensor | undefined,
  context?: Context,
): Record<string, Tensor> {
  const { mode = 'inference' } = options;
  const tracer = new Tracer({ float, mode, context, functions: model.functions ?? [], values, parameter });
  const scope = new Scope('', opsetsOf(model.opsetImport));
  for (const { name = '', type } of graph.input) {
    const fixed = options.values?.[name];
    const t = inputs.get(name) ?? (fixed && constant(astype(fixed, inputDType(name, type, float))));
    if (t !== undefined) scope.define(name, t, type?.tensorType?.elemType);
  }
  const results: readonly Value[] = tracer.graph(graph, scope);
  if (results.includes(failed)) throw problemList(tracer.problems);
  return Object.fromEntries(graph.output.map(({ name = '' }, i) => [name, results[i] as Tensor]));
}

function inputDType(name: string, type: TypeProto | undefined, float: FloatType): DType {
  if (type !== undefined && type.tensorType === undefined) {
    throw new DTypeError(
      `importOnnx: input '${name}' is a sequence, map or optional value; only tensors are supported`,
    );
  }
  return dtypeOf(type?.tensorType?.elemType, float, `importOnnx: input '${name}'`);
}

function decoded(bytes: Uint8Array, what: string): ModelProto {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new InputError(`importOnnx: ${what} is not an ONNX model (${reason})${looksLike(bytes)}`, { cause });
  };
  try {
    const model = decodeModel(bytes);
    return model.graph === undefined ? refuse('it holds no graph') : model;
  } catch (error) {
    if (!(error instanceof InputError) || error.message.startsWith('importOnnx')) throw error;
    return refuse(error.message, error);
  }
}

function sourceOf(file: Uint8Array | ModelProto, options: ImportOptions): Source {
  const model = file instanceof Uint8Array ? decoded(file, 'this file') : file;
  const { graph } = model;
  if (graph === undefined) throw new InputError('importOnnx: the file holds no graph');
  checkOpset(model);
  const names = new Set(graph.input.map(({ name = '' }) => name));
  for (const given of [options.values ?? {}, options.inputShapes ?? {}]) {
    const unknown = Object.keys(given).find((name) => !names.has(name));
    if (unknown !== undefined) {
      throw new InputError(
        `importOnnx: the model has no input '${unknown}'; it has ${[...names].join(', ') || 'none'}`,
      );
    }
  }
  // Files before IR version 4 list initialisers among the inputs.
  const stored = new Set(graph.initializer.map(({ name = '' }) => name));
  const inputs = graph.input.filter(({ name = '' }) => !stored.has(name) && options.values?.[name] === undefined);
  return { model, graph, options, inputs, values: decoder(options) };
}

/** The trainable tensors of the file with the placeholders that stand for them at import. */
function placeholders({ model, options }: Source): Map<TensorProto, { name: string; tensor: Tensor }> {
  const { trainable } = options;
  const all = namedWeights(model);
  const chosen = (name: string): boolean => (trainable instanceof RegExp ? trainable.test(name) : trainable!(name));
  return new Map(
    (trainable === undefined ? trainedByDefault(all, model.producerName) : all.filter(({ name }) => chosen(name))).map(
      ({ name, proto }) => {
        const dtype = dtypeOf(proto.dataType, 'f32', `tensor '${name}'`);
        return [proto, { name, tensor: input(`parameter ${name}`, dtype, proto.dims) }];
      },
    ),
  );
}

type Candidate = readonly [TensorProto, { readonly name: string; readonly tensor: Tensor }];

/** The candidates that training can change: buffers that are only compared, and attention masks, stay constants. */
function learnable({ values }: Source, candidates: readonly Candidate[], outputs: readonly Tensor[]): Candidate[] {
  const paths = derivativePaths(outputs);
  const infinite = (v: number | bigint): boolean => v === Infinity || v === -Infinity;
  return candidates.filter(
    ([proto, { tensor }]) => paths.has(tensor.node) && !(values(proto).data as Float64Array).some(infinite),
  );
}

/** The dtype in which a call computes: f64 as soon as something is given in f64 that the file has in single precision. */
function floatOf(pairs: readonly (readonly [Tensor, { readonly dtype: DType }])[]): FloatType {
  return pairs.some(([given, declared]) => given.dtype === 'f64' && declared.dtype === 'f32') ? 'f64' : 'f32';
}

function checkGiven(what: string, given: Tensor, declared: ImportedValue, float: FloatType): void {
  const expected = declared.dtype === 'f32' ? float : declared.dtype;
  if (given.dtype === expected) return;
  throw new DTypeError(`${what} '${declared.name}' is ${describe(given)}, but must be ${expected} in this call`);
}

/**
 * Reads an ONNX model (opsets 7 to 28) as a differentiable graph: its float tensors become named parameters, whatever follows from
 * shapes and constants is computed at import, bodies of If, Loop and Scan and functions are traced. Half precision is computed
 * in f32, floats of 8 and 4 bits are rounded there, small and unsigned integers are i32 or i64 and wrap at their own width. Derivatives
 * pass straight through quantisation.
 *
 * The file is given by its path (then the result is a promise), as bytes, or decoded. An open first dimension counts rows: it is 2 in `inputs` and `outputs`,
 * and a call may have any number.
 *
 * Cost: one pass over the nodes; a tensor of the file is copied once.
 * @example
 * const model = await importOnnx('model.onnx');
 * const run = await fitModel(model, { x, y, loss: softmaxCrossEntropy(), trainable: /head/ });
 * @throws InputError for a malformed file, open dimensions, and, listing all of them with their places and reasons, nodes that
 * cannot be imported; ShapeError for given shapes that contradict the file; DTypeError for inputs that are not tensors of a supported
 * dtype.
 */
export function importOnnx(file: string, options?: ImportOptions): Promise<ImportedModel>;
export function importOnnx(file: Uint8Array | ModelProto, options?: ImportOptions): ImportedModel;
export function importOnnx(
  file: string | Uint8Array | ModelProto,
  options: ImportOptions = {},
): ImportedModel | Promise<ImportedModel> {
  checkNames('importOnnx', options, importOptions);
  if (typeof file === 'string') {
    return readPath('importOnnx', file).then((bytes) => imported(decoded(bytes, `"${file}"`), options));
  }
  return imported(file, options);
}

function imported(file: Uint8Array | ModelProto, options: ImportOptions): ImportedModel {
  if (typeof file !== 'object' || file === null) {
    throw new InputError('importOnnx: give the path of a file, its bytes, or a decoded model');
  }
  const source = sourceOf(file, options);
  const shapes = bindDimensions(source.inputs, options);
  const inputs = source.inputs.map(({ name = '', type }): ImportedValue => {
    return { name, dtype: inputDType(name, type, 'f32'), shape: shapes.get(name)! };
  });
  const candidates = placeholders(source);
  const given = new Map(inputs.map(({ name, dtype, shape }) => [name, input(name, dtype, shape)]));
  const traced = trace(source, 'f32', given, (proto) => candidates.get(proto)?.tensor);
  const outputs = Object.values(traced);
  const reached = new Set(topological(outputs));
  const read = [...candidates].filter(([, { tensor }]) => reached.has(tensor.node));
  const used = options.trainable === undefined ? learnable(source, read, outputs) : read;
  const paths = treePaths(used.map(([, { name }]) => name));
  const arrays = used.map(([proto]) => source.values(proto));
  const declared = used.map(([, { tensor }], i): ImportedValue => {
    return { name: paths[i]!.join('.'), dtype: tensor.dtype, shape: tensor.shape };
  });
  return {
    file: source.model,
    select: (trainable) => imported(source.model, { ...options, trainable }),
    parameters: nest(paths, arrays),
    sources: Object.fromEntries(used.map(([, { name }], i) => [declared[i]!.name, name])),
    inputs,
    outputs: Object.entries(traced).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    call: (parameters, values, context) => {
      const weights = new Map(declared.length === 0 ? [] : leaves(parameters));
      const pairs = [
        ...match('parameter', declared, weights),
        ...match('input', inputs, new Map(Object.entries(values))),
      ];
      const float = floatOf(pairs);
      pairs.forEach(([t, value], i) => {
        checkGiven(i < declared.length ? 'parameter' : 'input', t, value, float);
      });
      const byProto = new Map(used.map(([proto], i) => [proto, pairs[i]![0]]));
      const byName = new Map(inputs.map(({ name }, i) => [name, pairs[declared.length + i]![0]]));
      return trace(source, float, byName, (proto) => byProto.get(proto), context);
    },
  };
}

/** The given tensor for each declared value. */
function match(
  what: string,
  declared: readonly ImportedValue[],
  given: ReadonlyMap<string, Tensor>,
): [Tensor, ImportedValue][] {
  const names = new Set(declared.map(({ name }) => name));
  const unknown = [...given.keys()].find((name) => !names.has(name));
  if (unknown !== undefined) throw new InputError(`imported model: there is no ${what} '${unknown}'`);
  return declared.map((value) => {
    const t = given.get(value.name);
    if (t === undefined) throw new InputError(`imported model: ${what} '${value.name}' is missing`);
    return [t, value];
  });
}

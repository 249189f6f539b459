import { compile, type Program } from '../compile/index.js';
import type { InferenceContext } from '../nn/context.js';
import { inferenceContext, type Layer } from '../nn/index.js';
import { type GraphProto, type ModelProto, model as modelProto } from '../onnx/index.js';
import { filePatterns, fuse } from '../runtime/ort/fuse.js';
import { lowerProgram } from '../runtime/ort/lower.js';
import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { describe } from '../tensor/describe.js';
import type { DType } from '../tensor/dtype.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import { input, inputName } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { parameters as placeholders, type TensorsOf } from '../tensor/parameters.js';
import { sameShape, showShape } from '../tensor/shape.js';
import { leaves, mapTree, type Tree } from '../tensor/tree.js';
import { withParameters } from './parameters.js';
import { type SizeSymbol, withOpenSize } from './symbolic.js';

/** Shape and dtype of an input of the model. */
export interface ExportInput {
  /** A text stands for a size that is left open, such as `N` for that of the batch; one such name a model. */
  readonly shape: readonly (number | string)[];
  /** The dtype of the input; by default that of the parameters, f32 without any. */
  readonly dtype?: DType;
}

/** What the file of a model holds. */
export interface ExportOptions<P extends Tree<NDArray> = Tree<NDArray>> {
  /** Values of the parameters: they become initialisers named by their paths, as `0.weight`. */
  readonly parameters: P;
  /** The inputs by name; a layer takes one. */
  readonly inputs: Readonly<Record<string, ExportInput>>;
  /** Name of the output of a model that has one without a name (default `output`). */
  readonly output?: string;
  /** Running statistics of batch normalisations, as `runningStatistics` gives them. */
  readonly statistics?: Readonly<Record<string, NDArray>>;
  /** Version of the standard operators (default 20). */
  readonly opset?: 20 | 21;
  /** Name of the graph (default `model`). */
  readonly name?: string;
  /** Entries of the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const exportOptions: OptionNames<ExportOptions> = {
  parameters: 1,
  inputs: 1,
  output: 1,
  statistics: 1,
  opset: 1,
  name: 1,
  metadata: 1,
};

/** A model as a function: its outputs, one or a tree of them, from its parameters and its inputs by name. */
export type ExportableFunction<P> = (
  weights: TensorsOf<P>,
  inputs: Readonly<Record<string, Tensor>>,
  context: InferenceContext,
) => Tree<Tensor>;

/** Most bytes of parameters: a protobuf message ends at 2 GiB, and the nodes need some of them. */
const largest = 2 ** 31 - 2 ** 26;

/** What is exported, with what it needs in every trace. */
interface Source<P extends Tree<NDArray>> {
  readonly call: ExportableFunction<P>;
  readonly options: ExportOptions<P>;
  /** Values of parameters and statistics by the names of the program's inputs. */
  readonly values: ReadonlyMap<string, NDArray>;
}

function storedValues({ parameters, statistics = {}, inputs }: ExportOptions): Map<string, NDArray> {
  const values = new Map([...leaves<NDArray>(parameters), ...Object.entries(statistics)]);
  const twice = Object.keys(inputs).find((name) => values.has(name));
  if (twice !== undefined) {
    throw new InputError(`exportOnnx: the input "${twice}" has the name of a parameter; give it another`);
  }
  let bytes = 0;
  for (const { data } of values.values()) bytes += data.byteLength;
  if (bytes > largest) {
    throw new InputError(
      `exportOnnx: the parameters take ${bytes} bytes, but an ONNX file ends at 2 GiB; export the model in parts`,
    );
  }
  return values;
}

/** The open size of the inputs and where it first occurs. */
function symbolOf(inputs: ExportOptions['inputs']): SizeSymbol | null {
  let found: SizeSymbol | null = null;
  for (const [name, { shape }] of Object.entries(inputs)) {
    shape.forEach((d, axis) => {
      if (typeof d === 'number') return;
      if (found !== null && found.name !== d) {
        throw new InputError(
          `exportOnnx: "${found.name}" and "${d}" are both left open; one open size is possible, give the other as a number`,
        );
      }
      found ??= { name: d, input: name, axis };
    });
  }
  return found;
}

/** The model's outputs as an optimised program, with inputs whose open size is `size`. */
function programOf<P extends Tree<NDArray>>({ call, options, values }: Source<P>, size: number): Program {
  const { output = 'output', parameters } = options;
  const float = leaves<NDArray>(parameters)[0]?.[1].dtype ?? 'f32';
  const inputs = Object.entries(options.inputs).map(([name, { shape, dtype = float }]) => {
    return [
      name,
      input(
        name,
        dtype,
        shape.map((d) => (typeof d === 'number' ? d : size)),
      ),
    ] as const;
  });
  const context = inferenceContext();
  const result = call(placeholders(parameters), Object.fromEntries(inputs), context);
  const tree: Tree<Tensor> = result instanceof Tensor ? { [output]: result } : result;
  for (const statistic of context.statistics.flatMap(({ mean, variance }) => [mean, variance])) {
    checkStatistic(statistic, values);
  }
  const traced = leaves(tree).map(([, t]) => t);
  const fused = fuse(traced, filePatterns);
  const outputs = mapTree(tree, (t: Tensor) => fused[traced.indexOf(t)]!);
  return compile(outputs, { inputs: inputs.map(([, t]) => t) });
}

function checkStatistic(statistic: Tensor, values: ReadonlyMap<string, NDArray>): void {
  const name = inputName(statistic);
  const value = values.get(name);
  if (value === undefined) {
    throw new InputError(
      `exportOnnx: a batch normalisation needs "${name}"; give its running statistics as options.statistics`,
    );
  }
  if (!sameShape(value.shape, statistic.shape) || value.dtype !== statistic.dtype) {
    throw new ShapeError(
      `exportOnnx: options.statistics["${name}"] is ${value.dtype} ${showShape(value.shape)}, but the model takes ${describe(statistic)}`,
    );
  }
}

function functionOf<P extends Tree<NDArray>>(
  model: Layer<P> | ExportableFunction<P>,
  names: readonly string[],
): ExportableFunction<P> {
  if (typeof model === 'function') return model;
  if (names.length !== 1) {
    throw new InputError(
      `exportOnnx: a layer takes one input, but ${names.length} are given (${names.join(', ')}); export a function instead`,
    );
  }
  return (weights, inputs, context) => model.apply(weights, inputs[names[0]!]!, context);
}

/**
 * A model as an ONNX file of standard operators (opset 20 or 21, in inference mode): a layer, or a function of parameters and
 * inputs. Parameters become initialisers named by their path in the tree (`0.weight`), unless no output depends on them; everything else
 * that is constant stands in Constant nodes. Layer and batch normalisation, GELU (in f32), convolutions (in f32), biased products, means,
 * softmax and pooling are single nodes. f64 models are written in double precision, but for the ε of a batch normalisation. Encode
 * the result with `encodeModel`.
 *
 * An open size (`shape: ['N', 8]`) is possible where the model is the same graph at every size, which is tried at several; its
 * name then stands in the shapes of inputs and outputs.
 *
 * @throws InputError for a layer with several inputs, missing running statistics, several open sizes, a model that depends on
 * its open size, parameters of more than 2 GiB; ShapeError for statistics of another shape; and what the model itself throws.
 * @example
 * const file = encodeModel(exportOnnx(net, { parameters: run.parameters, inputs: { x: { shape: ['N', 2] } } }));
 */
export function exportOnnx<P extends Tree<NDArray>>(
  model: Layer<P> | ExportableFunction<P>,
  options: ExportOptions<P>,
): ModelProto {
  checkNames('exportOnnx', options, exportOptions);
  const names = Object.keys(options.inputs);
  const values = storedValues(options);
  const source: Source<P> = { call: functionOf(model, names), options, values };
  const symbol = symbolOf(options.inputs);
  const sources = new Map<string, string>();
  const trace = (size: number): GraphProto => {
    const program = programOf(source, size);
    const lowered = lowerProgram(program, { contrib: false });
    program.inputs.forEach((t, i) => {
      sources.set(lowered.inputNames[i]!, inputName(t));
    });
    return lowered.model.graph!;
  };
  const graph = symbol === null ? trace(0) : withOpenSize(symbol, trace);
  const { opset = 20, name = 'model', metadata = {} } = options;
  const stored = (input: string): NDArray | undefined => values.get(sources.get(input) ?? '');
  return modelProto({ ...withParameters(graph, stored), name }, { opset, metadata });
}

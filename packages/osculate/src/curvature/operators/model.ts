import { grad } from '../../autodiff/index.js';
import { compile, costOf } from '../../compile/index.js';
import { axpy } from '../../linalg/krylov/vectors.js';
import {
  checkExamples,
  type Loss,
  type Parameters,
  type Supervised,
  type SupervisedBatch,
  supervisedBatch,
} from '../../nn/index.js';
import { disposeAll } from '../../runtime/dispose-all.js';
import { defaultHeld, HeldValues } from '../../runtime/held-values.js';
import type { Executable, Executor, Feeds } from '../../runtime/index.js';
import { feedsOf, SplitPrograms, type Values } from '../../runtime/split-programs.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { ParameterLayout } from '../../tensor/parameters.js';
import { leaves, type Tree } from '../../tensor/tree.js';

export interface CurvatureModelOptions extends Supervised {
  readonly executor: Executor;
  /** Where the curvature is taken: the values count, and must not change while the model is used. */
  readonly parameters: Parameters;
  /** Inputs and targets, one row an example. */
  readonly x: NDArray;
  readonly y: NDArray;
  /** Most rows in one run of a program (default 1000). */
  readonly chunk?: number;
  /** Most vectors in one run of a program, which then share the forward pass (default 8). */
  readonly vectors?: number;
  /**
   * Bytes of values that products with different vectors have in common (of their forward and backward pass, for all rows) and that are
   * kept from the third product on; default: as much as 8 vectors of parameters, at least 64 MiB. 0 keeps nothing.
   */
  readonly held?: number;
}

/** The symbols of a batch of so many rows. */
export interface ModelBatch extends SupervisedBatch {
  readonly rows: number;
  /** The loss of a single row, of `x` and `y` without their leading axis, as if it were alone in its batch. */
  readonly rowLoss: (x: Tensor, y: Tensor) => Tensor;
  /** The outputs `[1, …]` of a single row, of `x` without its leading axis. */
  readonly rowOutputs: (x: Tensor) => Tensor;
}

export interface StreamOptions {
  /** Values of inputs of the program that belong to no row. */
  readonly feeds?: Feeds;
  /** In place of the data's inputs; the program must not read targets then, unless they are given too. */
  readonly inputs?: NDArray;
  /** In place of the data's targets. */
  readonly targets?: NDArray;
  /** Most rows in a run, where less than the model's `chunk`. */
  readonly chunk?: number;
  /** How the names of those `feeds` begin that change from run to run: what depends on no others may be kept between runs. */
  readonly varying?: string;
}

type Results = Record<string, NDArray>;

/**
 * A model with its loss, at given parameters, over a whole data set: what curvature operators are made of. A program is compiled for each
 * batch size on first use, and the data set is streamed through it in order.
 */
export interface CurvatureModel {
  readonly layout: ParameterLayout;
  readonly rows: number;
  readonly chunk: number;
  readonly vectors: number;
  readonly loss: Loss;
  /** m: a row's loss is its negative log-likelihood divided by this. */
  readonly normalizer: number;
  readonly x: NDArray;
  readonly y: NDArray;
  /** The parameters where the curvature is taken, as one flat vector: a copy. */
  point(): Float64Array;
  /** The symbols of a batch of so many rows of the data; the same ones at every call. */
  graph(rows: number): ModelBatch;
  /** Arithmetic done so far in gradient equivalents: one is the gradient of the mean loss over the whole data set. */
  work(): number;
  /** Runs the program named `name` on every batch, built by `build` for each size when first needed. */
  stream(
    name: string,
    build: (batch: ModelBatch) => Tree<Tensor>,
    options: StreamOptions,
    visit: (results: Results, from: number, rows: number) => void,
  ): Promise<void>;
  /** Means over all rows, in float64, of results that are means over a batch. */
  mean(
    name: string,
    build: (batch: ModelBatch) => Tree<Tensor>,
    options?: StreamOptions,
  ): Promise<Record<string, Float64Array>>;
  /** Frees the programs. */
  dispose(): Promise<void>;
}

/** 64 MiB. */
const leastHeld = 2 ** 26;

/** Consecutive rows in place. */
function rowsOf(array: NDArray, from: number, rows: number): NDArray {
  const count = array.shape[0]!;
  if (rows === count) return array;
  const width = array.data.length / count;
  const data = array.data.subarray(from * width, (from + rows) * width);
  return { ...array, shape: [rows, ...array.shape.slice(1)], data } as NDArray;
}

function checkLimits({ chunk = 1, vectors = 1, held = 0 }: CurvatureModelOptions): void {
  if (!(held >= 0)) throw new InputError(`curvatureModel: held is ${held}; it must be a number of bytes, at least 0`);
  for (const [name, value] of Object.entries({ chunk, vectors })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new InputError(`curvatureModel: ${name} is ${value}; it must be an integer ≥ 1`);
    }
  }
}

/** Prepares a model for curvature operators. ShapeError or InputError for data or limits that make no sense. */
export function curvatureModel(options: CurvatureModelOptions): CurvatureModel {
  checkExamples('curvatureModel', options.x, options.y);
  checkLimits(options);
  return new StreamedModel(options);
}

class StreamedModel implements CurvatureModel {
  readonly layout: ParameterLayout;
  readonly rows: number;
  readonly chunk: number;
  readonly vectors: number;
  readonly loss: Loss;
  readonly x: NDArray;
  readonly y: NDArray;
  private readonly values: Feeds;
  private readonly batches = new Map<string, ModelBatch>();
  private readonly loaded = new Map<string, Promise<Loaded>>();
  private readonly splits: SplitPrograms;
  private readonly held: HeldValues;
  private flops = 0;
  private flopsPerGradient = 0;

  constructor(private readonly options: CurvatureModelOptions) {
    this.layout = ParameterLayout.of(options.parameters);
    this.x = options.x;
    this.y = options.y;
    this.loss = options.loss;
    this.rows = options.x.shape[0]!;
    this.chunk = options.chunk ?? 1000;
    this.vectors = options.vectors ?? 8;
    this.values = Object.fromEntries(
      leaves<NDArray>(options.parameters).map(([name, array]) => [`parameters.${name}`, array]),
    );
    this.splits = new SplitPrograms(options.executor, false);
    this.held = new HeldValues(this.splits, options.held ?? defaultHeld(this.layout, leastHeld));
  }

  get normalizer(): number {
    return this.loss.normalizer(this.graph(1).outputs);
  }

  point(): Float64Array {
    const flat = new Float64Array(this.layout.size);
    for (const { name, offset } of this.layout.slots) {
      flat.set((this.values[`parameters.${name}`] as NDArray).data as Float64Array, offset);
    }
    return flat;
  }

  work(): number {
    if (this.flops === 0) return 0;
    if (this.flopsPerGradient === 0) {
      const rows = Math.min(this.chunk, this.rows);
      const { loss, weights } = this.graph(rows);
      const { outputs } = compile({ loss, gradient: grad(loss, weights, { unreachable: 'zero' }) });
      this.flopsPerGradient = (costOf(outputs).flops / rows) * this.rows;
    }
    return this.flops / Math.max(1, this.flopsPerGradient);
  }

  async stream(
    name: string,
    build: (batch: ModelBatch) => Tree<Tensor>,
    options: StreamOptions,
    visit: (results: Results, from: number, rows: number) => void,
  ): Promise<void> {
    const { feeds = {}, inputs = this.x } = options;
    const targets = options.targets ?? (options.inputs ? null : this.y);
    const total = inputs.shape[0]!;
    const size = Math.min(this.chunk, options.chunk ?? this.chunk);
    const varying = this.variesBy(options);
    for (let from = 0; from < total; from += size) {
      const rows = Math.min(size, total - from);
      const loaded = await this.load(name, build, rows, targets ?? this.y);
      const data: Feeds = { x: rowsOf(inputs, from, rows), ...(targets && { y: rowsOf(targets, from, rows) }) };
      const all: Feeds = { ...this.values, ...feeds, ...data };
      const values: Values = (input) => this.valueOf(name, input, all);
      visit(await this.run(loaded, `${name}/${from}/${rows}`, varying, values), from, rows);
    }
  }

  /** The prefix of what changes between runs, where all else is the model's own and so the same in each. */
  private variesBy({ feeds = {}, inputs, targets, varying }: StreamOptions): string | null {
    const own = inputs === undefined && targets === undefined;
    if (!own || varying === undefined) return null;
    return Object.keys(feeds).every((name) => name.startsWith(varying)) ? varying : null;
  }

  private async run(
    { executable, flops }: Loaded,
    batch: string,
    varying: string | null,
    values: Values,
  ): Promise<Results> {
    const { program } = executable;
    const varies = (input: string): boolean => varying !== null && input.startsWith(varying);
    const shared = varying === null ? null : await this.held.run(program, batch, varies, values);
    this.flops += shared?.flops ?? flops;
    if (shared) return shared.results;
    return executable.run(feedsOf(program, values));
  }

  async mean(
    name: string,
    build: (batch: ModelBatch) => Tree<Tensor>,
    options: StreamOptions = {},
  ): Promise<Record<string, Float64Array>> {
    const sums: Record<string, Float64Array> = {};
    const total = (options.inputs ?? this.x).shape[0]!;
    await this.stream(name, build, options, (results, _, rows) => {
      const weight = rows / total;
      for (const [key, { data }] of Object.entries(results)) {
        sums[key] ??= new Float64Array(data.length);
        axpy(weight, data as Float64Array, sums[key]);
      }
    });
    return sums;
  }

  async dispose(): Promise<void> {
    this.held.clear();
    const programs = Array.from(this.loaded.values(), async (entry) => (await entry).executable);
    this.loaded.clear();
    await disposeAll([this.splits, ...programs]);
  }

  graph(rows: number): ModelBatch {
    return this.batch(rows, this.y);
  }

  /** InputError for an input of a program that nothing gives a value. */
  private valueOf(program: string, name: string, values: Feeds): Feeds[string] {
    const value = values[name];
    if (value !== undefined) return value;
    throw new InputError(
      `curvatureModel: the program "${program}" reads the input "${name}", which has no value; a model is a function of its parameters and inputs: apply it without a context whose masks or statistics are inputs (\`checkDeterminism\` tells more)`,
    );
  }

  private load(
    name: string,
    build: (batch: ModelBatch) => Tree<Tensor>,
    rows: number,
    targets: NDArray,
  ): Promise<Loaded> {
    const key = `${name}/${batchKey(rows, targets)}`;
    let loaded = this.loaded.get(key);
    if (loaded === undefined) {
      loaded = this.compiled(build, rows, targets);
      this.loaded.set(key, loaded);
      // A failure may pass, as that of a busy device does: it is not kept.
      loaded.catch(() => this.loaded.delete(key));
    }
    return loaded;
  }

  private async compiled(build: (batch: ModelBatch) => Tree<Tensor>, rows: number, targets: NDArray): Promise<Loaded> {
    const program = compile(build(this.batch(rows, targets)));
    return { executable: await this.options.executor.load(program), flops: costOf(program.outputs).flops };
  }

  private batch(rows: number, targets: NDArray): ModelBatch {
    const key = batchKey(rows, targets);
    let batch = this.batches.get(key);
    if (batch === undefined) {
      batch = modelBatch({ ...this.options, y: targets }, rows);
      this.batches.set(key, batch);
    }
    return batch;
  }
}

interface Loaded {
  readonly executable: Executable;
  readonly flops: number;
}

/** Sampled targets may have another dtype and shape than the data's. */
const batchKey = (rows: number, { dtype, shape }: NDArray): string => `${rows}/${dtype}/${shape.slice(1).join('x')}`;

function modelBatch(options: CurvatureModelOptions, rows: number): ModelBatch {
  const { model, loss } = options;
  const batch = supervisedBatch(options, rows);
  const row = (t: Tensor): Tensor => t.reshape([1, ...t.shape]);
  const rowOutputs = (one: Tensor): Tensor => model(batch.weights as never, row(one));
  const rowLoss = (one: Tensor, target: Tensor): Tensor => loss.value(rowOutputs(one), row(target));
  return { rows, ...batch, rowLoss, rowOutputs };
}

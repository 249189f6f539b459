import { compile } from '../../compile/index.js';
import { take } from '../../data/index.js';
import {
  checkExamples,
  type Loss,
  type Parameters,
  type Supervised,
  type SupervisedBatch,
  supervisedBatch,
} from '../../nn/index.js';
import type { Executable, Executor, Feeds } from '../../runtime/index.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { inputName } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { ParameterLayout } from '../../tensor/parameters.js';
import { leaves, type Tree } from '../../tensor/tree.js';

export interface CurvatureModelOptions extends Supervised {
  readonly executor: Executor;
  /** Where the curvature is taken: the values count. */
  readonly parameters: Parameters;
  /** Inputs and targets, one row an example. */
  readonly x: NDArray;
  readonly y: NDArray;
  /** Most rows in one run of a program (default 1000). */
  readonly chunk?: number;
  /** Most vectors in one run of a program, which then share the forward pass (default 8). */
  readonly vectors?: number;
}

/** The symbols of a batch of so many rows. */
export interface ModelBatch extends SupervisedBatch {
  readonly rows: number;
  /** The loss of a single row, of `x` and `y` without their leading axis, as if it were alone in its batch. */
  readonly rowLoss: (x: Tensor, y: Tensor) => Tensor;
}

export interface StreamOptions {
  /** Values of inputs of the program that belong to no row. */
  readonly feeds?: Feeds;
  /** In place of the data's targets. */
  readonly targets?: NDArray;
  /** Most rows in a run, where less than the model's `chunk`. */
  readonly chunk?: number;
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

function checkLimits({ chunk = 1, vectors = 1 }: CurvatureModelOptions): void {
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
  private readonly batches = new Map<number, ModelBatch>();
  private readonly loaded = new Map<string, Promise<Executable>>();

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
  }

  get normalizer(): number {
    return this.loss.normalizer(this.batch(1).outputs);
  }

  async stream(
    name: string,
    build: (batch: ModelBatch) => Tree<Tensor>,
    options: StreamOptions,
    visit: (results: Results, from: number, rows: number) => void,
  ): Promise<void> {
    const { feeds = {}, targets = this.y } = options;
    const size = Math.min(this.chunk, options.chunk ?? this.chunk);
    for (let from = 0; from < this.rows; from += size) {
      const rows = Array.from({ length: Math.min(size, this.rows - from) }, (_, i) => from + i);
      const executable = await this.load(name, build, rows.length);
      const all: Feeds = { ...this.values, ...feeds, x: take(this.x, rows), y: take(targets, rows) };
      const wanted = executable.program.inputs.map((t) => [inputName(t), all[inputName(t)]!] as const);
      visit(await executable.run(Object.fromEntries(wanted)), from, rows.length);
    }
  }

  async mean(
    name: string,
    build: (batch: ModelBatch) => Tree<Tensor>,
    options: StreamOptions = {},
  ): Promise<Record<string, Float64Array>> {
    const sums: Record<string, Float64Array> = {};
    await this.stream(name, build, options, (results, _, rows) => {
      const weight = rows / this.rows;
      for (const [key, { data }] of Object.entries(results)) {
        sums[key] ??= new Float64Array(data.length);
        const sum = sums[key];
        for (let i = 0; i < sum.length; i++) sum[i]! += weight * (data as Float64Array)[i]!;
      }
    });
    return sums;
  }

  async dispose(): Promise<void> {
    const programs = [...this.loaded.values()];
    this.loaded.clear();
    for (const program of programs) await (await program).dispose();
  }

  private load(name: string, build: (batch: ModelBatch) => Tree<Tensor>, rows: number): Promise<Executable> {
    const key = `${name}/${rows}`;
    let executable = this.loaded.get(key);
    if (executable === undefined) {
      executable = this.options.executor.load(compile(build(this.batch(rows))));
      this.loaded.set(key, executable);
    }
    return executable;
  }

  private batch(rows: number): ModelBatch {
    let batch = this.batches.get(rows);
    if (batch === undefined) {
      batch = modelBatch(this.options, rows);
      this.batches.set(rows, batch);
    }
    return batch;
  }
}

function modelBatch(options: CurvatureModelOptions, rows: number): ModelBatch {
  const { model, loss } = options;
  const batch = supervisedBatch(options, rows);
  const row = (t: Tensor): Tensor => t.reshape([1, ...t.shape]);
  const rowLoss = (one: Tensor, target: Tensor): Tensor =>
    loss.value(model(batch.weights as never, row(one)), row(target));
  return { rows, ...batch, rowLoss };
}

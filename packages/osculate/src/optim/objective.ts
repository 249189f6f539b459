import { grad } from '../autodiff/index.js';
import { compile, costOf } from '../compile/index.js';
import { take } from '../data/index.js';
import type { Loss, Parameters } from '../nn/index.js';
import type { Executable, Executor, Feeds } from '../runtime/index.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { ParameterLayout, parameters } from '../tensor/parameters.js';
import { leaves, type Tree } from '../tensor/tree.js';

/** A flat parameter vector. */
export type Vector = Float32Array | Float64Array;

/** Row numbers of a data set. */
export type Rows = ArrayLike<number> & Iterable<number>;

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

/** Symbolic pieces of the objective on one batch. */
export interface BatchGraph {
  readonly weights: Tree<Tensor>;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly outputs: Tensor;
  /** Mean loss of the batch without the weight decay. */
  readonly loss: Tensor;
}

/**
 * f(θ) = mean over rows of the loss + (weightDecay/2)·‖θ‖², evaluated on chosen rows by compiled programs, one for each
 * batch size, compiled on first use. It counts the work done: one gradient equivalent is the arithmetic of one gradient over the
 * whole data set.
 */
export interface Objective {
  readonly layout: ParameterLayout;
  /** Number of rows of the data. */
  readonly rows: number;
  readonly weightDecay: number;
  readonly chunk: number;
  value(parameters: Vector, rows: Rows): Promise<number>;
  valueAndGradient(parameters: Vector, rows: Rows): Promise<{ value: number; gradient: Vector }>;
  /** Runs a program of a batch's graph, made by `build` on the first call for this name and batch size. */
  run(
    name: string,
    build: (batch: BatchGraph) => Tree<Tensor>,
    parameters: Vector,
    rows: Rows,
    feeds?: Feeds,
  ): Promise<Record<string, NDArray>>;
  /** Work so far, in gradient equivalents. */
  work(): number;
  /** Counts the iterations that a data-dependent loop of a program made; the program itself counts its body as nothing. */
  countIterations(name: string, batchSize: number, iterations: number): void;
  dispose(): Promise<void>;
}

interface Loaded {
  readonly executable: Executable;
  readonly flops: number;
  /** Flops of one iteration of its data-dependent loops. */
  readonly flopsPerIteration: number;
}

function batchGraph(options: ObjectiveOptions, size: number): BatchGraph {
  const weights = parameters(options.parameters, 'parameters.') as unknown as Tree<Tensor>;
  const x = input('x', options.x.dtype, [size, ...options.x.shape.slice(1)]);
  const y = input('y', options.y.dtype, [size, ...options.y.shape.slice(1)]);
  const outputs = options.model(weights as never, x);
  return { weights, x, y, outputs, loss: options.loss.value(outputs, y) };
}

function checkData({ x, y }: ObjectiveOptions): void {
  if (x.shape[0] !== y.shape[0]) {
    throw new InputError(
      `objective: x has ${x.shape[0]} rows (shape [${x.shape.join(', ')}]), y has ${y.shape[0]} (shape [${y.shape.join(', ')}])`,
    );
  }
  if (!x.shape[0]) throw new InputError(`objective: the data set is empty (x has shape [${x.shape.join(', ')}])`);
}

/** Makes the objective of a model on a data set. */
export function supervisedObjective(options: ObjectiveOptions): Objective {
  checkData(options);
  const layout = ParameterLayout.of(options.parameters);
  const weightDecay = options.weightDecay ?? 0;
  const chunk = options.chunk ?? 1000;
  const total = options.x.shape[0]!;
  const loaded = new Map<string, Promise<Loaded>>();
  const graphs = new Map<number, BatchGraph>();
  const perIteration = new Map<string, number>();
  let flops = 0;
  let flopsPerGradient = 0;

  const graphOf = (size: number): BatchGraph => {
    let graph = graphs.get(size);
    if (graph === undefined) {
      graph = batchGraph(options, size);
      graphs.set(size, graph);
    }
    return graph;
  };
  const load = async (build: (batch: BatchGraph) => Tree<Tensor>, size: number): Promise<Loaded> => {
    const graph = graphOf(size);
    const program = compile(build(graph), { inputs: inputsOfBatch(graph) });
    const { flops, flopsPerIteration } = costOf(program.outputs);
    return { executable: await options.executor.load(program), flops, flopsPerIteration };
  };
  const gradientFlops = (): number => {
    if (flopsPerGradient === 0) {
      const size = Math.min(chunk, total);
      const program = compile(lossAndGradient(graphOf(size)));
      flopsPerGradient = (costOf(program.outputs).flops / size) * total;
    }
    return flopsPerGradient;
  };
  const run: Objective['run'] = async (name, build, vector, rows, feeds = {}) => {
    const key = `${name}/${rows.length}`;
    let entry = loaded.get(key);
    if (entry === undefined) {
      entry = load(build, rows.length);
      loaded.set(key, entry);
    }
    const { executable, ...cost } = await entry;
    const views = layout.views(vector as never, 'parameters.');
    flops += cost.flops;
    perIteration.set(key, cost.flopsPerIteration);
    return executable.run({ ...views, x: take(options.x, rows), y: take(options.y, rows), ...feeds });
  };
  const penalty = (vector: Vector): number => {
    if (weightDecay === 0) return 0;
    let sum = 0;
    for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
    return 0.5 * weightDecay * sum;
  };
  const value: Objective['value'] = async (vector, rows) => {
    let sum = 0;
    for (const part of chunks(rows, chunk)) {
      const { loss } = await run('value', (batch) => ({ loss: batch.loss }), vector, part);
      sum += Number(loss!.data[0]) * (part.length / rows.length);
    }
    return sum + penalty(vector);
  };
  const valueAndGradient: Objective['valueAndGradient'] = async (vector, rows) => {
    const gradient = layout.zeros();
    let sum = 0;
    for (const part of chunks(rows, chunk)) {
      const results = await run('gradient', lossAndGradient, vector, part);
      const weight = part.length / rows.length;
      sum += Number(results.loss!.data[0]) * weight;
      accumulate(layout, gradient, results, weight);
    }
    if (weightDecay !== 0) for (let i = 0; i < gradient.length; i++) gradient[i]! += weightDecay * vector[i]!;
    return { value: sum + penalty(vector), gradient };
  };
  return {
    layout,
    rows: total,
    weightDecay,
    chunk,
    value,
    valueAndGradient,
    run,
    work: () => flops / gradientFlops(),
    countIterations: (name, batchSize, iterations) => {
      flops += iterations * (perIteration.get(`${name}/${batchSize}`) ?? 0);
    },
    dispose: async () => {
      for (const entry of loaded.values()) await (await entry).executable.dispose();
      loaded.clear();
    },
  };
}

function inputsOfBatch(graph: BatchGraph): Tensor[] {
  return [graph.x, graph.y, ...leaves(graph.weights).map(([, t]) => t)];
}

function lossAndGradient(batch: BatchGraph): { loss: Tensor; gradient: Tree<Tensor> } {
  return { loss: batch.loss, gradient: grad(batch.loss, batch.weights) };
}

function accumulate(layout: ParameterLayout, into: Vector, results: Record<string, NDArray>, weight: number): void {
  if (weight === 1) {
    layout.gather(results, 'gradient.', into as never);
    return;
  }
  for (const { name, offset, size } of layout.slots) {
    const part = results[`gradient.${name}`]!.data as Vector;
    for (let i = 0; i < size; i++) into[offset + i]! += weight * part[i]!;
  }
}

/** Consecutive pieces of at most `size` rows. */
function* chunks(rows: Rows, size: number): Generator<Rows> {
  if (rows.length === 0) throw new InputError('objective: an empty batch has no mean loss');
  const list = Array.from(rows);
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

import { grad } from '../autodiff/index.js';
import { compile, costOf } from '../compile/index.js';
import type { Executable, Executor, Feeds } from '../runtime/index.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { isInput } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { ParameterLayout } from '../tensor/parameters.js';
import { leaves, type Tree } from '../tensor/tree.js';
import type { BatchGraph, Objective, Rows, Vector } from './objective.js';

export interface ProgramObjectiveOptions {
  readonly executor: Executor;
  readonly layout: ParameterLayout;
  /** Number of rows in all, and most rows in one run of a program. */
  readonly rows: number;
  readonly chunk: number;
  readonly weightDecay: number;
  /** The symbolic pieces of a batch of so many rows; parameters are inputs named "parameters." and their name. */
  readonly graph: (size: number) => BatchGraph;
  /** Values of the batch's other inputs. */
  readonly feeds: (rows: Rows) => Feeds;
}

interface Loaded {
  readonly executable: Executable;
  readonly flops: number;
  /** Flops of one iteration of its data-dependent loops. */
  readonly flopsPerIteration: number;
}

/**
 * A multiple of 2⁻³². Sums and differences of such numbers are exact up to 2²¹, so that a run that is resumed has done the same work, to
 * the last bit, as one that was never interrupted.
 */
const onGrid = (value: number): number => Math.round(value * 2 ** 32) / 2 ** 32;

/** An objective over graphs of batches: what models on data and plain functions have in common. */
export function programObjective(options: ProgramObjectiveOptions): Objective {
  const { layout, weightDecay, chunk, rows: total } = options;
  const loaded = new Map<string, Promise<Loaded>>();
  const graphs = new Map<number, BatchGraph>();
  const perIteration = new Map<string, number>();
  /** How often so many flops were done. */
  const counts = new Map<number, number>();
  let flopsPerGradient = 0;

  const graphOf = (size: number): BatchGraph => {
    let graph = graphs.get(size);
    if (graph === undefined) {
      graph = options.graph(size);
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
  const count = (flops: number, times: number): void => {
    counts.set(flops, (counts.get(flops) ?? 0) + times);
  };
  const work = (): number => {
    const unit = Math.max(1, gradientFlops());
    let sum = 0;
    for (const [flops, times] of counts) sum += times * onGrid(flops / unit);
    return sum;
  };
  const run: Objective['run'] = async (name, build, vector, rows, feeds = {}) => {
    const key = `${name}/${rows.length}`;
    let entry = loaded.get(key);
    if (entry === undefined) {
      entry = load(build, rows.length);
      loaded.set(key, entry);
      // A failure may pass, as that of a busy device does: it is not kept.
      entry.catch(() => loaded.delete(key));
    }
    const { executable, ...cost } = await entry;
    const views = layout.views(vector as never, 'parameters.');
    count(cost.flops, 1);
    perIteration.set(key, cost.flopsPerIteration);
    return executable.run({ ...views, ...options.feeds(rows), ...feeds });
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
    work,
    countIterations: (name, batchSize, iterations) => {
      count(perIteration.get(`${name}/${batchSize}`) ?? 0, iterations);
    },
    dispose: async () => {
      const entries = await Promise.allSettled(loaded.values());
      loaded.clear();
      for (const entry of entries) if (entry.status === 'fulfilled') await entry.value.executable.dispose();
    },
  };
}

function inputsOfBatch(graph: BatchGraph): Tensor[] {
  return [graph.x, graph.y, ...leaves(graph.weights).map(([, t]) => t)].filter(isInput);
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
export function* chunks(rows: Rows, size: number): Generator<Rows> {
  if (rows.length === 0) throw new InputError('objective: an empty batch has no mean loss');
  const list = Array.from(rows);
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

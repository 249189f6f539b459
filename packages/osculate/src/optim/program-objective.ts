import { grad } from '../autodiff/index.js';
import { compile, costOf } from '../compile/index.js';
import { disposeAll } from '../runtime/dispose-all.js';
import { defaultHeld, HeldValues } from '../runtime/held-values.js';
import type { Executor, Feeds } from '../runtime/index.js';
import { SplitPrograms } from '../runtime/split-programs.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { ParameterLayout } from '../tensor/parameters.js';
import type { Tree } from '../tensor/tree.js';
import { BatchPrograms } from './batch-programs.js';
import type { BatchGraph, FixedPoint, Objective, Rows, Vector } from './objective.js';
import { WorkCounter } from './work-counter.js';

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

/** 256 MiB: the activations of some batches. */
const leastHeld = 2 ** 28;

/** An objective over graphs of batches: what models on data and plain functions have in common. */
export function programObjective(options: ProgramObjectiveOptions): Objective {
  const { layout, weightDecay, chunk, rows: total } = options;
  const programs = new BatchPrograms(options.executor, options.graph);
  const splits = new SplitPrograms(options.executor, true);
  const work = new WorkCounter(() => {
    const size = Math.min(chunk, total);
    const { outputs } = compile(lossAndGradient(programs.graphOf(size)));
    return (costOf(outputs).flops / size) * total;
  });
  const run: Objective['run'] = async (name, build, vector, rows, feeds = {}) => {
    const { program, flops } = programs.compile(name, build, rows.length);
    const executable = await programs.load(program);
    work.add(flops);
    return executable.run({ ...layout.views(vector as never, 'parameters.'), ...options.feeds(rows), ...feeds });
  };
  const at = (vector: Vector): FixedPoint => {
    const held = new HeldValues(splits, defaultHeld(layout, leastHeld));
    const views = layout.views(vector as never, 'parameters.');
    const batches = new Map<Rows, number>();
    return {
      run: async (name, build, rows, feeds) => {
        if (!batches.has(rows)) batches.set(rows, batches.size);
        const { program, flops } = programs.compile(name, build, rows.length);
        const all: Feeds = { ...views, ...options.feeds(rows), ...feeds };
        const varies = (input: string): boolean => input in feeds;
        const parts = await held.run(program, `${name}/${batches.get(rows)}`, varies, (input) => all[input]!);
        work.add(parts?.flops ?? flops);
        return parts?.results ?? (await programs.load(program)).run(all);
      },
    };
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
  const valueAndGradient: Objective['valueAndGradient'] = async (vector, rows, into) => {
    const gradient = into ?? layout.zeros();
    // One chunk overwrites all.
    if (into && rows.length > chunk) into.fill(0);
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
    at,
    work: () => work.total(),
    countIterations: (name, batchSize, iterations) => {
      work.add(programs.flopsPerIteration(name, batchSize), iterations);
    },
    dispose: () => disposeAll([programs, splits]),
  };
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

import type { Vector } from '../linalg/vectors.js';
import type { FloatDType } from '../nn/index.js';
import { inferenceContext } from '../nn/index.js';
import { vectorFn } from '../objective/fn.js';
import type { Named, Objective } from '../objective/objective.js';
import type { Executor } from '../runtime/index.js';
import { allocate } from '../tensor/dtype.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import { type NDArray, ndarray } from '../tensor/ndarray.js';
import { leaves, type Tree } from '../tensor/tree.js';
import { padded } from './data.js';
import type { Prepared } from './trainable-model.js';

/** Means and variances of the batch normalisations, by the names of the inputs that take them. */
export type StatisticsByName = Readonly<Record<string, NDArray>>;

/**
 * The statistics of all batch normalisations at a point: means over the training rows of those of the pieces that they are computed in. Cost:
 * one forward pass over the rows; nothing for a model without any.
 */
export async function statisticsAt(objective: Objective, at: Vector, dtype: FloatDType): Promise<StatisticsByName> {
  if (objective.batch(Math.min(2, objective.rows)).statistics.length === 0) return {};
  const means = await objective.at(at).mean('statistics', ({ statistics }) => ({ statistics }));
  return Object.fromEntries(Object.entries(means).map(([name, values]) => [name, ndarray(dtype, values)]));
}

/** As a list, in the order of application. */
function listed(statistics: StatisticsByName): { mean: NDArray; variance: NDArray }[] {
  const count = Object.keys(statistics).length / 2;
  return Array.from({ length: count }, (_, i) => ({
    mean: statistics[`statistics.${i}.mean`]!,
    variance: statistics[`statistics.${i}.variance`]!,
  }));
}

/** Most rows in one run of the model. */
const together = 1000;

/** Computes the outputs of a model for any number of rows, in inference. */
export function predictor(model: Prepared, executor: Executor) {
  const forward = vectorFn(
    (weights: Tree<Tensor>, inputs: Named<Tensor>, statistics: readonly { mean: Tensor; variance: Tensor }[]) => {
      const found = model.call(weights, inputs, inferenceContext(statistics));
      return found instanceof Tensor ? { output: found } : { ...found };
    },
    { executor },
  );
  return async (
    weights: Tree<NDArray>,
    inputs: Named<NDArray>,
    statistics: StatisticsByName,
  ): Promise<Record<string, NDArray>> => {
    const entries = Object.entries(inputs);
    const rows = entries[0]?.[1].shape[0];
    if (rows === undefined) throw new ShapeError('predict: x is a scalar; its first axis must count the rows');
    const odd = entries.find(([, { shape }]) => shape[0] !== rows);
    if (odd) throw new ShapeError(`predict: "${odd[0]}" has ${odd[1].shape[0]} rows and "${entries[0]![0]}" ${rows}`);
    if (rows === 0) throw new InputError('predict: there are no rows');
    const size = Math.min(rows, together);
    const results: Record<string, NDArray> = {};
    for (let from = 0; from < rows; from += size) {
      const count = Math.min(size, rows - from);
      const piece = Object.fromEntries(entries.map(([name, array]) => [name, padded(cut(array, from, count), size)]));
      const outputs = leaves<NDArray>(await forward(weights, piece, listed(statistics)));
      for (const [name, output] of outputs) place(results, name, cut(output, 0, count), from, rows);
    }
    return results;
  };
}

/** The inputs by the names of the model: those of a file stand for others in their order. */
export function inputsByName(
  { imported }: Prepared,
  given: Named<NDArray>,
  expected: readonly string[] = Object.keys(given),
): Record<string, NDArray> {
  const names = imported?.inputs.map(({ name }) => name) ?? expected;
  if (names.length !== expected.length) {
    throw new InputError(`predict: the model takes ${names.join(', ')}, and there are ${expected.join(', ')}`);
  }
  return Object.fromEntries(names.map((name, i) => [name, given[expected.includes(name) ? name : expected[i]!]!]));
}

/** @throws InputError for a model of several outputs. */
export function soleOutput(outputs: Readonly<Record<string, NDArray>>): NDArray {
  const [output, ...others] = Object.values(outputs);
  if (output !== undefined && others.length === 0) return output;
  throw new InputError(
    `predict: the model has the outputs ${Object.keys(outputs).join(', ')}; use predictAll of a run, or compile the model`,
  );
}

/** Consecutive rows in place. */
function cut(array: NDArray, from: number, count: number): NDArray {
  const { dtype, shape, data } = array;
  if (shape[0] === count) return array;
  const width = data.length / shape[0]!;
  return ndarray(dtype, data.subarray(from * width, (from + count) * width), [count, ...shape.slice(1)]);
}

function place(results: Record<string, NDArray>, name: string, piece: NDArray, from: number, rows: number): void {
  const { dtype, shape, data } = piece;
  if (shape[0] === rows) {
    results[name] = piece;
    return;
  }
  const width = data.length / shape[0]!;
  results[name] ??= ndarray(dtype, allocate(dtype, rows * width), [rows, ...shape.slice(1)]);
  // One output has one dtype, which TypeScript cannot see.
  (results[name].data as Float64Array).set(data as Float64Array, from * width);
}

import { flatten, grad, unflatten } from '../../autodiff/index.js';
import { matrix } from '../../linalg/matrix.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { leaves } from '../../tensor/tree.js';
import type { BatchGraph, Objective, Vector } from '../objective.js';
import { allRows } from '../optimizer.js';
import { chunks } from '../program-objective.js';
import { scaled } from '../vector.js';
import type { CurvatureSource } from './source.js';

/** A curvature as graphs of a batch without the weight decay. */
export interface CurvatureGraphs {
  readonly name: string;
  /** `[n, n]`. */
  readonly dense: (batch: BatchGraph, weights: readonly Tensor[]) => Tensor;
  /** The product with `v`, shaped like the weights. */
  readonly product: (batch: BatchGraph, weights: readonly Tensor[], v: readonly Tensor[]) => readonly Tensor[];
}

const weightsOf = (batch: BatchGraph): Tensor[] => leaves(batch.weights).map(([, t]) => t);

/** sum ← sum + factor·array. */
function add(sum: Float64Array, array: NDArray, factor: number): void {
  const data = array.data as Vector;
  for (let i = 0; i < sum.length; i++) sum[i]! += factor * data[i]!;
}

async function densePoint(graphs: CurvatureGraphs, objective: Objective, at: Vector) {
  const n = objective.layout.size;
  const [gradient, curvature] = [new Float64Array(n), new Float64Array(n * n)];
  let value = 0;
  for (const rows of chunks(allRows(objective.rows), objective.chunk)) {
    const build = (batch: BatchGraph) => {
      const weights = weightsOf(batch);
      const g = flatten(grad(batch.loss, weights));
      return { loss: batch.loss, gradient: g, matrix: graphs.dense(batch, weights) };
    };
    const results = await objective.run(`dense ${graphs.name}`, build, at, rows);
    const share = rows.length / objective.rows;
    value += share * Number(results.loss!.data[0]);
    add(gradient, results.gradient!, share);
    add(curvature, results.matrix!, share);
  }
  const decay = objective.weightDecay;
  for (let i = 0; i < n && decay !== 0; i++) {
    value += 0.5 * decay * at[i]! * at[i]!;
    gradient[i]! += decay * at[i]!;
    curvature[i * (n + 1)]! += decay;
  }
  return { value, gradient, matrix: matrix(n, n, curvature) };
}

function products(graphs: CurvatureGraphs, objective: Objective, at: Vector) {
  const { dtype, size } = objective.layout;
  const build = (batch: BatchGraph) => {
    const weights = weightsOf(batch);
    const pieces = unflatten(input('direction', dtype, [size]), weights);
    return { product: flatten(graphs.product(batch, weights, pieces)) };
  };
  const point = objective.at(at);
  const parts = [...chunks(allRows(objective.rows), objective.chunk)];
  return async (v: Float64Array): Promise<Float64Array> => {
    const sum = scaled(v, objective.weightDecay);
    const direction = { dtype, shape: [size], data: dtype === 'f32' ? new Float32Array(v) : v } as NDArray;
    for (const rows of parts) {
      const results = await point.run(`${graphs.name} product`, build, rows, { direction });
      add(sum, results.product!, rows.length / objective.rows);
    }
    return sum;
  };
}

/** A curvature source from graphs: accumulates chunks of rows, and adds the weight decay. */
export function derivedSource(graphs: CurvatureGraphs): CurvatureSource {
  return {
    name: graphs.name,
    dense: (objective, at) => densePoint(graphs, objective, at),
    product: (objective, at) => products(graphs, objective, at),
  };
}

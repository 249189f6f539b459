import { secondMomentAlong } from '../../curvature/index.js';
import type { Loss } from '../../nn/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import type { Objective, Rows, Vector } from '../objective.js';
import { allFinite } from '../optimizer.js';
import type { BatchCurvature } from './damped-solve.js';

/** m/B·Σᵢ gᵢgᵢᵀ·v for labels that were drawn. */
function product(loss: Loss, outputs: Tensor, labels: Tensor, weights: readonly Tensor[], v: readonly Tensor[]) {
  const factor = loss.normalizer(outputs) / outputs.shape[0]!;
  const products = secondMomentAlong(loss.value(outputs, labels), outputs, weights as Tensor[], v as Tensor[]);
  return products.map((t) => t.mul(factor));
}

/**
 * The Fisher matrix of a batch by one draw, for CG on the engine: the matrix of `sampledFisherOperator` on the batch's rows, for labels
 * drawn from the model's predictions now; its mean over the draws is the Fisher matrix. No gradient of a row is formed. Cost:
 * a forward pass now, and a product costs what one with the Gauss-Newton matrix does. Rows must not enter each other's outputs.
 * Null where the outputs are not finite.
 */
export async function sampledFisher(
  objective: Objective,
  loss: Loss,
  at: Vector,
  rows: Rows,
  generator: Generator,
): Promise<BatchCurvature | null> {
  const { outputs } = await objective.run('outputs', (batch) => ({ outputs: batch.outputs }), at, rows);
  if (!allFinite(outputs!.data as Vector)) return null;
  const labels = loss.sample(outputs as NDArray<'f32' | 'f64'>, generator);
  return {
    name: `sampled Fisher of ${loss.name}`,
    product: (batch, weights, v) =>
      product(loss, batch.outputs, input('labels', labels.dtype, labels.shape), weights, v),
    feeds: { labels },
  };
}

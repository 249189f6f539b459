import { grad, linearize } from '../../autodiff/index.js';
import type { Loss } from '../../nn/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { full, input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import type { Objective, Rows, Vector } from '../objective.js';
import { allFinite } from '../optimizer.js';
import type { BatchCurvature } from './damped-solve.js';

/** Jᵀ·U·Uᵀ·J·v·m with one column of U a row of the batch: its output gradient of the loss for a drawn label. */
function product(loss: Loss, outputs: Tensor, labels: Tensor, weights: readonly Tensor[], v: readonly Tensor[]) {
  const map = linearize([outputs], [...weights]);
  const moved = map.apply([...v])[0] ?? full(0, outputs.dtype).expand(outputs.shape);
  const slope = grad(loss.value(outputs, labels), outputs);
  const rest = Array.from({ length: outputs.rank - 1 }, (_, i) => i + 1);
  const along = slope.mul(moved).sum(rest, true).mul(loss.normalizer(outputs));
  return map.transpose([slope.mul(along)]).map((t, i) => t ?? full(0, weights[i]!.dtype).expand(weights[i]!.shape));
}

/**
 * The Fisher matrix of a batch by one draw: F = m·Σᵢ gᵢgᵢᵀ over the gradients gᵢ of its rows' parts of the loss for labels drawn from
 * the model's predictions, m the loss's normalizer; its mean over the draws is the Fisher matrix. No gradient of a row is formed. Cost:
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

import { grad } from '../../autodiff/index.js';
import type { Loss } from '../../nn/index.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import type { Objective, Rows, Vector } from '../objective.js';
import { like } from '../optimizer.js';
import { chunks } from '../program-objective.js';

/** A gradient for labels drawn from the model, and m: the loss of these rows is a sum of log-likelihoods divided by m. */
export interface SampledGradient {
  readonly gradient: Vector;
  readonly normalizer: number;
}

/**
 * The gradient of the loss (without the weight decay) for labels drawn from the model's own predictions ("Gauss-Newton-Bartlett",
 * Liu et al. 2024): m·ĝ² is an unbiased estimate of the diagonal of the Gauss-Newton matrix. Cost: one forward pass and one gradient
 * of the rows. @throws InputError when the outputs are not finite.
 */
export async function sampledGradient(
  objective: Objective,
  loss: Loss,
  at: Vector,
  rows: Rows,
  generator: Generator,
): Promise<SampledGradient> {
  const { layout } = objective;
  const gradient = like(at);
  let normalizer = 0;
  for (const part of chunks(rows, objective.chunk)) {
    const { outputs } = await objective.run('outputs', (batch) => ({ outputs: batch.outputs }), at, part);
    const labels = loss.sample(outputs as NDArray<'f32' | 'f64'>, generator);
    const results = await objective.run(
      `gradient for ${loss.name} labels`,
      (batch) => {
        const drawn = input('labels', labels.dtype, labels.shape);
        return { gradient: grad(loss.value(batch.outputs, drawn), batch.weights) };
      },
      at,
      part,
      { labels },
    );
    const sum = layout.gather(results, 'gradient.') as Vector;
    const share = part.length / rows.length;
    for (let i = 0; i < gradient.length; i++) gradient[i]! += share * sum[i]!;
    normalizer += loss.normalizer(input('outputs', outputs!.dtype, outputs!.shape));
  }
  return { gradient, normalizer };
}

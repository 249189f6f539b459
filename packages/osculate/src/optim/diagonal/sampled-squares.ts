import type { Loss } from '../../nn/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { sumOfSquaredExampleGradients } from '../newton/example-squares.js';
import type { Objective, Rows, Vector } from '../objective.js';
import { allFinite, like } from '../optimizer.js';
import { chunks } from '../program-objective.js';

/** A model whose loss can be taken of single examples. */
interface ExampleModel {
  readonly model: (weights: never, x: Tensor) => Tensor;
  readonly loss: Loss;
}

/**
 * An unbiased estimate of the diagonal of the Gauss-Newton matrix of the loss over the rows (DiagGGN-MC of Dangel, Kunstner and Hennig
 * 2020): m/B·Σ ĝᵢ² over the B examples, ĝᵢ the gradient of the loss of example i alone for a label drawn from the model, whose
 * normalizer is m. The objective's weight decay is not in it. Undefined where the outputs are not finite.
 */
export async function sampledSquares(
  objective: Objective,
  { model, loss }: ExampleModel,
  at: Vector,
  rows: Rows,
  generator: Generator,
): Promise<Vector | undefined> {
  const estimate = like(at);
  for (const part of chunks(rows, objective.chunk)) {
    const { outputs } = await objective.run('outputs', (batch) => ({ outputs: batch.outputs }), at, part);
    if (!allFinite(outputs!.data as Vector)) return undefined;
    const labels = loss.sample(outputs as NDArray<'f32' | 'f64'>, generator);
    const results = await objective.run(
      `squares for ${loss.name} labels`,
      ({ x, weights }) => {
        const example = (xi: Tensor, yi: Tensor): Tensor => loss.value(model(weights as never, xi), yi);
        const drawn = input('labels', labels.dtype, labels.shape);
        return { squares: sumOfSquaredExampleGradients(example, x, drawn, weights) };
      },
      at,
      part,
      { labels },
    );
    const sum = objective.layout.gather(results, 'squares.') as Vector;
    const factor = loss.normalizer(input('outputs', outputs!.dtype, [1, ...outputs!.shape.slice(1)])) / rows.length;
    for (let i = 0; i < estimate.length; i++) estimate[i]! += factor * sum[i]!;
  }
  return estimate;
}

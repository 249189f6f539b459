import { flatten, hvp, unflatten } from '../../autodiff/index.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { leaves } from '../../tensor/tree.js';
import type { Objective, Rows, Vector } from '../objective.js';
import { like } from '../optimizer.js';
import { chunks } from '../program-objective.js';

/**
 * z∘(H·z), an unbiased estimate of the diagonal of the objective's Hessian over the given rows when the elements of z are
 * independent with mean 0 and variance 1 (Hutchinson 1989; Bekas et al. 2007). Cost: about two gradients of these rows.
 */
export async function hessianProbe(objective: Objective, at: Vector, rows: Rows, z: Vector): Promise<Vector> {
  const { dtype, size } = objective.layout;
  const direction: NDArray = { dtype, shape: [size], data: z as never };
  const out = like(z);
  for (const part of chunks(rows, objective.chunk)) {
    const { probe } = await objective.run(
      'hessian probe',
      (batch) => {
        const weights = leaves(batch.weights).map(([, t]) => t);
        const v = input('direction', dtype, [size]);
        return { probe: flatten(hvp(batch.loss, weights, unflatten(v, weights))).mul(v) };
      },
      at,
      part,
      { direction },
    );
    const share = part.length / rows.length;
    const data = probe!.data as Vector;
    for (let i = 0; i < out.length; i++) out[i]! += share * data[i]!;
  }
  const { weightDecay } = objective;
  if (weightDecay !== 0) for (let i = 0; i < out.length; i++) out[i]! += weightDecay * z[i]! * z[i]!;
  return out;
}

import { flatten, unflatten } from '../../autodiff/dense.js';
import type { Rows } from '../../data/source.js';
import { like, type Vector } from '../../linalg/vectors.js';
import { hessianMatrix, weightsOf } from '../../objective/matrices.js';
import type { Objective } from '../../objective/objective.js';
import { chunks } from '../../objective/rows.js';
import { input } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';

/**
 * z∘(H·z), an unbiased estimate of the diagonal of the objective's Hessian over the given rows when the elements of z are
 * independent with mean 0 and variance 1 (Hutchinson 1989; Bekas et al. 2007). Cost: about two gradients of these rows.
 */
export async function hessianProbe(objective: Objective, at: Vector, rows: Rows, z: Vector): Promise<Vector> {
  const { dtype, size } = objective.layout;
  const direction = ndarray(dtype, z, [size]);
  const out = like(z);
  for (const part of chunks(rows, objective.chunk)) {
    const { probe } = await objective.run(
      'hessian probe',
      (batch) => {
        const v = input('step.direction', dtype, [size]);
        return { probe: flatten(hessianMatrix.product(batch, unflatten(v, weightsOf(batch)))).mul(v) };
      },
      at,
      part,
      { 'step.direction': direction },
    );
    const share = part.length / rows.length;
    const data = probe!.data as Vector;
    for (let i = 0; i < out.length; i++) out[i]! += share * data[i]!;
  }
  const { weightDecay } = objective;
  if (weightDecay !== 0) for (let i = 0; i < out.length; i++) out[i]! += weightDecay * z[i]! * z[i]!;
  return out;
}

import { grad } from '../../autodiff/index.js';
import { dotInOrder } from '../../linalg/vectors.js';
import type { At } from '../../objective/objective.js';
import type { ParameterLayout } from '../../tensor/parameters.js';

/** The objective without its weight decay: the mean loss of the data. */
export function dataOnly(at: At): At {
  return { ...at, objective: { ...at.objective, weightDecay: 0 } };
}

/** f at a point, over all rows, in float64. One forward pass. */
export async function lossAt(at: At): Promise<number> {
  const { loss } = await at.mean('value', (batch) => ({ loss: batch.loss }));
  return loss![0]! + penalty(at);
}

/** f and ∇f at a point, over all rows, in float64. */
export async function lossAndGradient(at: At): Promise<{ loss: number; gradient: Float64Array }> {
  const { layout, weightDecay } = at.objective;
  const means = await at.mean('gradient', ({ loss, weights }) => ({
    loss,
    gradient: grad(loss, weights, { unreachable: 'zero' }),
  }));
  const gradient = flattened(layout, means, 'gradient.');
  if (weightDecay !== 0) for (let i = 0; i < gradient.length; i++) gradient[i]! += weightDecay * at.parameters[i]!;
  return { loss: means.loss![0]! + penalty(at), gradient };
}

function penalty({ objective: { weightDecay }, parameters }: At): number {
  return weightDecay === 0 ? 0 : 0.5 * weightDecay * dotInOrder(parameters, parameters);
}

/** Arrays by the names of the parameters as one flat vector. */
export function flattened(layout: ParameterLayout, named: Record<string, Float64Array>, prefix = ''): Float64Array {
  const flat = new Float64Array(layout.size);
  for (const { name, offset } of layout.slots) flat.set(named[prefix + name]!, offset);
  return flat;
}
